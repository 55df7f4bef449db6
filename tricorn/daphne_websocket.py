"""Daphne's WebSockets, with limits on what one client can use, and close codes that arrive.

daphne_replies.py has what an application sends.

Daphne (4.2.3) and Autobahn read from a client however far behind the application is. They write to a client however
long it has not read. All of that stays in memory. uvicorn_websocket.py has the same limits for gunicorn.
"""

# ruff: noqa: N802, N803  # names that Twisted and Autobahn gave

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partialmethod
from urllib.parse import unquote

from autobahn.websocket.types import ConnectionDeny, ConnectionRequest

# Import this before any module of Twisted: it installs the reactor that runs asyncio.
from daphne.server import WebSocketFactory
from twisted.internet.defer import Deferred
from twisted.internet.tcp import Server as TCPTransport
from twisted.python.failure import Failure

from tricorn.daphne_replies import Message, Replies
from tricorn.limits import MOST_FRAGMENTS

type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Bytes that are parsed at once, before the other clients have their turn. Autobahn would parse all that was read,
# 64 KiB: 10,000 frames, for which all other clients wait. gunicorn's value is larger: its library is faster, and it has
# several workers (WEB_CONCURRENCY).
PIECE = 1024

# Seconds in which further answers to a client share a packet. Of messages that are sent together, only the first has a
# packet of its own.
PACKET_SECONDS = 0.001


class WebSocket(Replies):
    """Reads on only while the application keeps up and the client reads what it is sent.

    It is also a "producer": Twisted notifies it when the client falls behind with reading, and when it catches up.
    """

    def start_flow_control(self) -> None:
        """Makes the queue of the application's messages, and the event that is set while the client keeps up."""
        self.mailbox: asyncio.Queue[Message] = asyncio.Queue()
        self.writable = asyncio.Event()
        self.writable.set()

    def connectionMade(self) -> None:
        self.start_flow_control()
        self.unread = b""
        self.has_turn = False
        self.next_packet = 0.0
        super().connectionMade()
        self.transport.unregisterProducer()  # that of HTTP, from before the upgrade
        self.transport.registerProducer(self, True)

    def connectionLost(self, reason: Failure) -> None:
        self.writable.set()
        super().connectionLost(reason)

    def onConnect(self, request: ConnectionRequest) -> "Deferred[str | None]":
        if self.factory.server_class.is_draining:
            # The handshake came on a connection that was kept open for one last request.
            raise ConnectionDeny(503, "the server is restarting")
        return super().onConnect(request)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if not hasattr(self, "server"):
            return  # Autobahn rejected the handshake: there is no application
        # Daphne's own message has no reason, and no code if the client sent none. So it is muted.
        self.muted = True
        super().onClose(wasClean, code, reason)
        if queue := getattr(self, "application_queue", None):
            code = self.localCloseCode if self.failedByMe else code
            reason = reason if wasClean and reason else ""
            queue.put_nowait({"type": "websocket.disconnect", "code": code or 1005, "reason": reason})

    # ---- incoming data ----

    def dataReceived(self, data: bytes) -> None:
        # After a failure, the connection reads on for a second, until it is dropped, so that its close frame arrives.
        # What it reads is discarded: Autobahn would store a frame of any length.
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
        """Whether the application has to answer the handshake or to receive a message, or the client to read one."""
        if self.state == self.STATE_CLOSING:
            # The application has closed the WebSocket, or has ended. Of what still arrives, only the client's close
            # frame matters.
            return False
        queue = getattr(self, "application_queue", None)
        is_asked = self.state == self.STATE_CONNECTING and hasattr(self, "handshake_deferred")
        return is_asked or not self.writable.is_set() or bool(queue and not queue.empty())

    def onOpen(self) -> None:
        super().onOpen()
        self.read_on()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state == self.STATE_OPEN:
            super().onMessage(payload, isBinary)

    def read_on(self) -> None:
        """Also called after the application has received a message."""
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

    # ---- outgoing data: called by Twisted and by Autobahn ----

    def pauseProducing(self) -> None:
        self.writable.clear()
        # A client could send more without the application: pings, for example, are answered here.
        self.read_on()

    def resumeProducing(self) -> None:
        self.writable.set()
        self.read_on()

    def stopProducing(self) -> None:
        self.writable.set()

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Sends at once if no data is queued. Twisted would ask the kernel to report when the client is writable, and
        then cancel that: two fifths of the time that a message to a full room takes.
        """
        if self.can_send_at_once():
            self.next_packet = time.monotonic() + PACKET_SECONDS
            sent = self.transport.writeSomeData(data)
            # After an error, Twisted sends the same data, gets the same error, and handles it.
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
            # Not through TLS: its wrapper has the methods of the bare connection too.
            and isinstance(transport, TCPTransport)
            and not (transport.TLS or transport.dataBuffer or transport._tempDataBuffer or self.send_queue)
            and time.monotonic() >= self.next_packet
        )

    # ---- called by the server ----

    def restart(self) -> None:
        """The process stops: closes with 1012 ("service restart": reconnect), or answers the handshake with 503."""
        if self.state == self.STATE_OPEN:
            # A client that does not answer within a second is dropped. Otherwise it would delay the stop.
            self.leave(1012, "the server is restarting", seconds=1)
        elif self.state == self.STATE_CONNECTING:
            self.denial = (503, [(b"retry-after", b"5")], bytearray(b"the server is restarting\n"))
            self.refuse(503)

    # ---- called by the application ----

    async def receive(self) -> Message:
        message = await self.mailbox.get()
        self.read_on()
        return message

    async def send_in_time(self, message: Message) -> None:
        await self.writable.wait()
        # Otherwise each message that came before a bad one, or is for a client that has just left, causes an exception
        # in the log.
        if not self.failedByMe and self.state not in (self.STATE_CLOSING, self.STATE_CLOSED):
            await self.reply(message)

    # ---- rejections: called by Autobahn ----

    def onMessageBegin(self, isBinary: bool) -> None:
        super().onMessageBegin(isBinary)
        self.fragments = 0
        # Not a list of pieces: if a message comes two bytes at a time, each entry takes twenty times as much.
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
        # Ignores everything after a rejected frame. Autobahn would take a close frame for the answer to ours.
        return not self.failedByMe and super().processData()

    def _protocol_violation(self, reason: str) -> bool:
        super()._protocol_violation(reason)
        return True  # stop parsing. Autobahn would take a bad close frame for the answer to ours, and abort at once.

    def _invalid_payload(self, reason: str) -> bool:
        super()._invalid_payload(reason)
        return True


def facts(protocol: WebSocket) -> Message:
    """The parts of a WebSocket's scope that ASGI requires, and that Daphne omits or gets wrong. Daphne's path ends at a
    semicolon, for example.
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
    """Wraps an ASGI application: each message waits until the client has read the earlier ones. For a WebSocket,
    scope["protocol"] is its connection.
    """

    def wrapped(scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "websocket":
            return application(scope, receive, send)
        protocol: WebSocket = scope.pop("protocol")
        protocol.reply = send
        return application(scope, protocol.receive, protocol.send_in_time)

    return wrapped


def install(protocol: type[WebSocket]) -> None:
    """Makes Daphne use this class for its WebSockets."""
    WebSocketFactory.protocol = protocol
    # failByDrop=False: a rejected message (1009: too large, 1007: not UTF-8) is answered with a close frame that has
    # the code. By default the connection is dropped, and the client sees only 1006 (abnormal closure).
    # echoCloseCodeReason: the answer has the client's own code, as RFC 6455 says, and not always 1000.
    WebSocketFactory.setProtocolOptions = partialmethod(
        WebSocketFactory.setProtocolOptions, failByDrop=False, echoCloseCodeReason=True
    )
