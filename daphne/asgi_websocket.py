"""Daphne's WebSockets, with bounds to what one client can take, and close codes that arrive.

What an application sends is in asgi_replies.py.

As Daphne (4.2.3) and Autobahn have them, a client is read however far behind the application is, and written to however
long it has not read: all of it is kept in memory. The same bounds for gunicorn: gunicorn/asgi_websocket.py.
"""

# ruff: noqa: N802, N803  # names that Twisted and Autobahn gave

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partialmethod
from urllib.parse import unquote

from asgi_lean import WRITABLE, Mailbox, Message

# Before anything of Twisted: it imports Daphne, which decides for the reactor that runs asyncio.
from asgi_replies import Replies, WebSocketFactory
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.defer import Deferred
from twisted.internet.tcp import Server as TCPTransport
from twisted.python.failure import Failure

type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Bytes that are taken apart at once, before the other clients have their turn. Otherwise it is all that was read,
# 64 KiB: 10,000 frames, for which everybody else waits. gunicorn's is larger: its library is quicker, and it has four
# workers.
PIECE = 1024

# Seconds in which the answers to a client share a packet: of what is sent at once, only the first is alone.
PACKET_SECONDS = 0.001

# Fragments of one message. Of empty ones there would otherwise never be enough to make it too large.
MOST_FRAGMENTS = 10_000


class WebSocket(Replies):
    """Reads on only while the application keeps up, and the client reads what it is sent.

    It is a "producer" too, which is what Twisted tells when the client does not read, and when it has.
    """

    # Python keeps the names of so many attributes with each instance, over 3 kB. It is half where the settings, which
    # Autobahn copies to every connection, have places of their own.
    __slots__ = (
        *WebSocketFactory.protocol.CONFIG_ATTRS,
        "fragments",
        "has_turn",
        "mailbox",
        "next_packet",
        "reply",
        "unread",
        "writable",
    )

    def connectionMade(self) -> None:
        self.mailbox = Mailbox()
        self.unread = b""
        self.has_turn = False
        self.next_packet = 0.0
        self.writable = WRITABLE
        super().connectionMade()
        self.transport.unregisterProducer()  # HTTP's, before the upgrade
        self.transport.registerProducer(self, True)

    def connectionLost(self, reason: Failure) -> None:
        self.writable.set()
        super().connectionLost(reason)

    def onConnect(self, request: ConnectionRequest) -> "Deferred[str | None]":
        if self.factory.server_class.is_draining:
            # It came on a connection that was kept open for one more request.
            raise ConnectionDeny(503, "the server restarts")
        return super().onConnect(request)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if not hasattr(self, "server"):
            return  # refused by Autobahn: there is no application
        # Daphne's own message has no reason, and no code where the client has sent none.
        self.muted = True
        super().onClose(wasClean, code, reason)
        if queue := getattr(self, "application_queue", None):
            code = self.localCloseCode if self.failedByMe else code
            reason = reason if wasClean and reason else ""
            queue.put_nowait({"type": "websocket.disconnect", "code": code or 1005, "reason": reason})

    # ---- what comes in ----

    def dataReceived(self, data: bytes) -> None:
        # A connection that has failed goes on reading for a second, until it is dropped, for its close frame to arrive.
        # What comes is forgotten: Autobahn would keep a frame of any length.
        if not self.failedByMe:
            self.unread += data
            if not self.has_turn:
                self.take_turn()

    def take_turn(self) -> None:
        self.has_turn = False
        if self.unread and not self.is_behind():
            piece, self.unread = self.unread[:PIECE], self.unread[PIECE:]
            super().dataReceived(piece)
        self.read_on()

    def is_behind(self) -> bool:
        """Whether the application has to open it, or to take a message, or the client to read one."""
        if self.state == self.STATE_CLOSING:
            # The application has closed it, or is over: what still comes is for nobody, but the client's close frame.
            return False
        queue = getattr(self, "application_queue", None)
        is_asked = self.state == self.STATE_CONNECTING and hasattr(self, "handshake_deferred")
        return is_asked or not self.writable.is_set() or bool(queue and not queue.empty())

    def onOpen(self) -> None:
        super().onOpen()
        # The handshake, over 1 kB, and nobody asks any more: the application has its own, in the scope.
        self.http_headers.clear()
        self.http_request_data = self.http_response_data = b""
        self.read_on()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state == self.STATE_OPEN:
            super().onMessage(payload, isBinary)

    def read_on(self) -> None:
        """Also called when the application has taken a message."""
        if self.failedByMe:
            self.unread = b""
            self.transport.resumeProducing()
        elif self.is_behind():
            self.transport.pauseProducing()
        elif not self.unread:
            self.transport.resumeProducing()
        else:
            self.transport.pauseProducing()
            if not self.has_turn:
                self.has_turn = True
                asyncio.get_running_loop().call_soon(self.take_turn)

    # ---- what goes out: called by Twisted, and by Autobahn ----

    def pauseProducing(self) -> None:
        if self.writable is WRITABLE:
            self.writable = asyncio.Event()
        self.writable.clear()
        # It could go on asking: a ping is answered without the application.
        self.read_on()

    def resumeProducing(self) -> None:
        self.writable.set()
        self.read_on()

    def stopProducing(self) -> None:
        self.writable.set()

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """At once, where nothing waits to be sent. Twisted would have the kernel tell it when the client can be written
        to, and then no more: two fifths of the time that a message to a full room takes.
        """
        if self.can_send_at_once():
            self.next_packet = time.monotonic() + PACKET_SECONDS
            sent = self.transport.writeSomeData(data)
            # An error is found again, and dealt with, by Twisted.
            data = data[sent:] if isinstance(sent, int) else data
        if data:
            super().sendData(data, sync, chopsize)

    def sendCloseFrame(self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False) -> None:
        super().sendCloseFrame(code, reasonUtf8, isReply)
        self.read_on()

    def can_send_at_once(self) -> bool:
        transport = self.transport
        return (
            self.state == self.STATE_OPEN
            # Not through TLS, whose wrapper has the bare connection's methods too.
            and isinstance(transport, TCPTransport)
            and not (transport.TLS or transport.dataBuffer or transport._tempDataBuffer or self.send_queue)
            and time.monotonic() >= self.next_packet
        )

    # ---- what the server calls ----

    def restart(self) -> None:
        """Sends the client away, for this process stops: 1012 ("service restart": come again), or 503 before that."""
        if self.state == self.STATE_OPEN:
            # A client that does not answer in a second has to be dropped, or it would hold the stop.
            self.leave(1012, "the server restarts", seconds=1)
        elif self.state == self.STATE_CONNECTING:
            self.denial = (503, [(b"retry-after", b"5")], bytearray(b"the server restarts\n"))
            self.refuse(503)

    # ---- what the application calls ----

    async def receive(self) -> Message:
        message = await self.mailbox.get()
        self.read_on()
        return message

    async def send_in_time(self, message: Message) -> None:
        await self.writable.wait()
        # Otherwise each message that came before a bad one, or is for a client that has just left, is an exception in
        # the log.
        if not self.failedByMe and self.state not in (self.STATE_CLOSING, self.STATE_CLOSED):
            await self.reply(message)

    # ---- what is refused: called by Autobahn ----

    def onMessageBegin(self, isBinary: bool) -> None:
        super().onMessageBegin(isBinary)
        self.fragments = 0
        # Not a list: of a message that comes two bytes at a time, each entry takes twenty times as much.
        self.message_data = [bytearray()]

    def onMessageFrameBegin(self, length: int) -> None:
        super().onMessageFrameBegin(length)
        self.fragments += 1
        if self.fragments > MOST_FRAGMENTS and not self.failedByMe:
            self._max_message_size_exceeded(self.fragments, MOST_FRAGMENTS, "too many fragments")

    def onMessageFrameData(self, payload: bytes) -> None:
        if not self.failedByMe:
            self.message_data[0] += payload

    def processData(self) -> bool:
        # Nothing behind what was refused, which could be a close frame: it would be taken for an answer to ours.
        return not self.failedByMe and super().processData()

    def _protocol_violation(self, reason: str) -> bool:
        super()._protocol_violation(reason)
        return True  # that was all. A bad close frame would be taken for an answer to ours, which was then not sent.

    def _invalid_payload(self, reason: str) -> bool:
        super()._invalid_payload(reason)
        return True


def facts(protocol: WebSocket) -> Message:
    """What ASGI wants in a WebSocket's scope, and Daphne leaves out, or gets wrong: it takes a semicolon in a path, and
    all behind it, for no part of it.
    """
    raw_path = protocol.http_request_uri.partition("?")[0]
    return {
        "http_version": "1.1",
        "scheme": "wss" if getattr(protocol, "client_scheme", None) in ("https", "wss") else "ws",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("ascii"),
        "extensions": {"websocket.http.response": {}},
    }


def wait_for_client(application: Application) -> Application:
    """An ASGI application whose messages wait until the client has read those before. A WebSocket's scope names its
    connection: scope["protocol"].
    """

    def wrapped(scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "websocket":
            return application(scope, receive, send)
        protocol: WebSocket = scope.pop("protocol")
        protocol.reply = send
        return application(scope, protocol.receive, protocol.send_in_time)

    return wrapped


def install() -> None:
    """Makes Daphne use it."""
    WebSocketFactory.protocol = WebSocket
    # failByDrop: a message that is refused (1009: too large, 1007: no UTF-8) is answered with a close frame that says
    # so. By default the connection is dropped, and all that the client is told is 1006: something happened.
    # echoCloseCodeReason: the client's own code comes back, as RFC 6455 has it, and not always 1000.
    WebSocketFactory.setProtocolOptions = partialmethod(
        WebSocketFactory.setProtocolOptions, failByDrop=False, echoCloseCodeReason=True
    )
