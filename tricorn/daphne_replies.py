"""What an application can do with a WebSocket, the same as with gunicorn's workers (uvicorn_websocket.py).

Daphne (4.2.3) drops empty messages, the headers of an accept, denials and the reason of a close. It rejects most of the
registered close codes. If an application returns before it has answered, the client gets no answer.
"""

# ruff: noqa: N802, N803  # names that Autobahn gave

import asyncio
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

# Import this before any module of Twisted: it installs the reactor that runs asyncio.
from daphne.server import WebSocketFactory

from tricorn.limits import LONGEST_REASON

logger = logging.getLogger(__name__)

type Message = dict[str, Any]
type Headers = Iterable[tuple[bytes, bytes]]

# Close codes that an application may send: those that RFC 6455 and IANA's registry define for a close frame.
# https://www.iana.org/assignments/websocket/websocket.xml#close-code-number
REGISTERED = {*range(1000, 1004), *range(1007, 1015)}

# Seconds within which a client has to answer the application's close frame. Autobahn's default is 1, which would cut
# off a client that is still reading a large message.
CLOSE_SECONDS = 10


class Replies(WebSocketFactory.protocol):
    # A class attribute, because nearly no connection is denied: a value for each would waste memory.
    denial: tuple[int, list[tuple[bytes, bytes]], bytearray] | None = None

    def handle_reply(self, message: Message) -> None:
        """Handles every message of the application. Raises ValueError if it may not be sent in this state."""
        if self.state == self.STATE_CONNECTING:
            self.answer_handshake(message)
        else:
            self.send_on(message)

    # ---- before the handshake is answered ----

    def answer_handshake(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.http.response.body" and self.denial:
            self.denial[2].extend(message.get("body", b""))
            if not message.get("more_body", False):
                self.refuse(self.denial[0])
        elif kind == "websocket.http.response.start" and not self.denial:
            headers = [(name, value) for name, value in message.get("headers", ()) if is_header(name, value)]
            self.denial = (message["status"], headers, bytearray())
        elif kind == "websocket.close" and not self.denial:
            self.refuse(403)
        elif kind == "websocket.accept" and not self.denial:
            self.accept(message.get("subprotocol"), message.get("headers", ()))
        else:
            raise ValueError(f"{kind} is not a message that answers a handshake")

    def accept(self, subprotocol: str | None, headers: Headers) -> None:
        if subprotocol and subprotocol not in self.websocket_protocols:
            # By RFC 6455, the client would fail the connection.
            logger.warning("accepted without the subprotocol %r, which the client did not offer", subprotocol)
            subprotocol = None
        named: dict[str, list[str]] = {}
        for name, value in headers:
            is_header(name, value)
            named.setdefault(name.decode("ascii"), []).append(value.decode())
        handshake = self.handshake_deferred
        del self.handshake_deferred
        handshake.callback((subprotocol or None, named))

    def refuse(self, status: int) -> None:
        """Answers with the application's denial, or with a line that says what the status means."""
        if not hasattr(self, "handshake_deferred"):
            return
        del self.handshake_deferred
        self.failHandshake(phrase_of(status), status)
        self.server.protocol_disconnected(self)

    def serverReject(self) -> None:
        self.refuse(403)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Headers | None = None) -> None:
        """Also called by Autobahn. Autobahn's own sends neither a body nor its length, and any reason as the phrase."""
        _, given, body = self.denial or (code, (), f"{reason}\n".encode())
        headers = {b"content-type": [b"text/plain; charset=utf-8"]}
        for name, value in given:
            headers[name.lower()] = [*(headers.get(name.lower(), []) if name.lower() == b"set-cookie" else []), value]
        headers |= {b"content-length": [b"%d" % len(body)], b"connection": [b"close"]}
        headers.pop(b"transfer-encoding", None)
        lines = [b"HTTP/1.1 %d %b" % (code, phrase_of(code).encode())]
        lines += [b"%b: %b" % (name, value) for name, values in headers.items() for value in values]
        self.sendData(b"\r\n".join([*lines, b"", bytes(body)]))

    # ---- once the WebSocket is open ----

    def send_on(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            # sendMessage() would apply the limit for the client's messages to the application's.
            if (data := message.get("bytes")) is not None:
                self.sendFrame(opcode=2, payload=bytes(data))
            elif (text := message.get("text")) is not None:
                self.sendFrame(opcode=1, payload=text.encode())
        elif message["type"] == "websocket.close":
            code = message.get("code")
            self.leave(1000 if code is None else code, message.get("reason") or "")
        else:
            raise ValueError(f"{message['type']} is not a message for an open WebSocket")

    def leave(self, code: int, reason: str = "", seconds: float = CLOSE_SECONDS) -> None:
        """Replaces Autobahn's sendClose(), which rejects every code but 1000 and those of applications (3000-4999)."""
        if code not in REGISTERED and not 3000 <= code <= 4999:
            raise ValueError(f"{code} is not a close code that can be sent")
        self.closeHandshakeTimeout = seconds
        self.sendCloseFrame(code, reason.encode()[:LONGEST_REASON].decode(errors="ignore").encode() or None)

    # ---- when the application has ended ----

    def application_ended(self, application: "asyncio.Future[None]") -> None:
        if application.cancelled() or application.exception():
            self.handle_exception(None)
        elif self.state == self.STATE_OPEN:
            self.leave(1000)
        elif hasattr(self, "handshake_deferred"):
            logger.error("the application returned before it had answered the handshake")
            self.handle_exception(None)

    def handle_exception(self, exception: BaseException | None) -> None:
        """Also called by Daphne within a second, when it logs the exception."""
        self.denial = None
        self.refuse(500)
        if self.state == self.STATE_OPEN:
            self.leave(1011)


def phrase_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def is_header(name: bytes, value: bytes) -> bool:
    """Returns True. Raises ValueError if the name is empty, or if the header would be more than one line."""
    if any(byte in name + value for byte in b"\0\r\n") or not name:
        raise ValueError(f"{name!r} is not a header that can be sent")
    return True
