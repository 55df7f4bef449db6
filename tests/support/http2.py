"""An HTTP/2 client that checks nothing of what it sends, for requests that no client library would send."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset

from tests.support.wire import Answer

# Names and values as latin-1 text. Names with a colon (pseudo-headers) are allowed too.
type Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Failure:
    """No answer: the server reset the stream or ended the connection, with this error code."""

    error: ErrorCodes | int
    ends_connection: bool


class Http2:
    """One connection with one request at a time. `connection` has already negotiated h2."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        configuration = H2Configuration(
            header_encoding="latin-1",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            split_outbound_cookies=False,
        )
        self.http = H2Connection(configuration)
        self.end: Failure | None = None
        self.http.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def ask(self, head: Fields, body: bytes = b"", trailers: Fields = ()) -> Answer | Failure:
        """Sends `body` as one frame. Without body and trailers, the headers end the request."""
        if self.end:
            return self.end
        stream = self.http.get_next_available_stream_id()
        self.http.send_headers(stream, encoded(head), end_stream=not (body or trailers))
        if body:
            self.http.send_data(stream, body, end_stream=not trailers)
        if trailers:
            self.http.send_headers(stream, encoded(trailers), end_stream=True)
        try:
            self.flush()
            return self.answer(stream)
        except (BrokenPipeError, ConnectionResetError):
            return self.ended(ErrorCodes.NO_ERROR)

    def ended(self, error: ErrorCodes | int) -> Failure:
        self.end = Failure(error, ends_connection=True)
        return self.end

    def answer(self, stream: int) -> Answer | Failure:
        """Raises TimeoutError if the server sends nothing for longer than the socket's timeout."""
        headers, body = [], b""
        while received := self.socket.recv(65536):
            for event in self.http.receive_data(received):
                if isinstance(event, ConnectionTerminated):
                    return self.ended(event.error_code or ErrorCodes.NO_ERROR)
                if getattr(event, "stream_id", None) != stream:
                    continue
                if isinstance(event, StreamReset):
                    return Failure(event.error_code, ends_connection=False)
                if isinstance(event, ResponseReceived):
                    headers = list(event.headers)
                elif isinstance(event, DataReceived):
                    body += event.data
                elif isinstance(event, StreamEnded):
                    named = tuple((name, value) for name, value in headers if name != ":status")
                    return Answer(int(dict(headers)[":status"]), named, body)
            self.flush()
        return self.ended(ErrorCodes.NO_ERROR)


def encoded(fields: Fields) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
