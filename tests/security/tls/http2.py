"""HTTP/2 frame by frame: one request after another on one connection, until the server sends GOAWAY.

httpx gives up a request as soon as GOAWAY arrives, even if the server still answers it. A browser does not, and neither
does this client: it repeats only requests that the server reports as not processed (RFC 9113, 6.8).
"""

import ssl
from collections.abc import Iterator
from typing import cast

from hpack import Decoder, Encoder
from hyperframe.frame import Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class NotDealtWithError(Exception):
    """The server ends the connection and has not processed this request: it may be sent again."""


class Http2:
    def __init__(self, secured: ssl.SSLSocket) -> None:
        self.secured, self.stream, self.is_over = secured, -1, False
        self.encoder, self.decoder = Encoder(), Decoder()
        self.seen: list[str] = []
        self.secured.sendall(PREFACE + SettingsFrame(0).serialize())
        self.incoming = self.frames()

    def get(self, authority: str, path: str) -> int:
        """The status of a complete answer. Its body must be short: this client opens no window."""
        self.stream += 2
        fields = [(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path)]
        head = HeadersFrame(self.stream, self.encoder.encode(fields), flags=["END_HEADERS", "END_STREAM"])
        self.secured.sendall(head.serialize())
        status = 0
        for frame in self.incoming:
            if isinstance(frame, GoAwayFrame):
                self.is_over = True
                if frame.last_stream_id < self.stream:
                    raise NotDealtWithError
            if isinstance(frame, RstStreamFrame) and frame.stream_id == self.stream:
                raise ConnectionError(f"the server broke the request off: {self.seen}")
            if isinstance(frame, HeadersFrame):
                status = int(dict(cast(list[tuple[str, str]], self.decoder.decode(frame.data)))[":status"])
            if "END_STREAM" in frame.flags and frame.stream_id == self.stream:
                return status
        raise ConnectionError(f"the connection ended before the answer: {self.seen}")

    def frames(self) -> Iterator[Frame]:
        while header := self.read(9):
            frame, length = Frame.parse_frame_header(memoryview(header))
            frame.parse_body(memoryview(self.read(length)))
            if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
                self.secured.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
            self.seen.append(repr(frame))
            yield frame

    def read(self, length: int) -> bytes:
        """This many bytes, or none if the server has closed."""
        received = b""
        while len(received) < length:
            if not (block := self.secured.recv(length - len(received))):
                return b""
            received += block
        return received
