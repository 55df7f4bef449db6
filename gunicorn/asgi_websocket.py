"""uvicorn's WebSockets, with bounds to what one client can take, and a goodbye that arrives.

As uvicorn (0.54) has them, ten clients that send empty fragments for four seconds keep every worker from its other
clients until gunicorn kills it. The same bounds for Daphne: daphne/asgi_websocket.py.
"""

import asyncio
import codecs
import logging
from socket import AF_UNIX, IPPROTO_TCP, TCP_CORK

from asgi_lean import LeanWebSocket
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent, WebSocketAcceptEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets import websockets_sansio_impl
from websockets import http11
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

# With uvicorn's handlers, but not below WARNING whatever LOG_LEVEL says: uvicorn writes the handshake's line, query
# included, at INFO, and the library all headers at DEBUG. nginx has the access log.
logger = logging.getLogger("uvicorn.error.websocket")
logger.setLevel(logging.WARNING)

# nginx's own limit for a request's head, and to spare: large_client_header_buffers in nginx/conf.d/limits.conf, where
# several Cookie headers become one line. The library's is 8 KiB.
http11.MAX_LINE_LENGTH = 65536

# Bytes that are taken apart at once, before the worker's other clients have their turn. uvicorn takes all that it has
# read, 256 kB: 40,000 frames, for which everybody else waits; and all 40,000 wait for the application in memory.
PIECE = 4096

# Fragments of one message. Of empty ones there would otherwise never be enough to make it too large.
MOST_FRAGMENTS = 10_000

# Seconds between a close frame and the end of the connection. First it goes on reading, and forgets what it reads:
# closed at once, what is still coming is answered with a reset, nginx gives the connection up before it has read the
# close frame, and all that the client is told is 1006: something happened. Then it is cut, or a client that does not
# read would keep it for ever.
LINGER, CUT = 1, 2


LONGEST_REASON = 123  # bytes of a close frame

# Seconds that an application has for its end when the worker stops: to tell others that its user has left. Daphne gives
# as much. One that does not notice would hold the stop for all of timeout_graceful_shutdown.
APPLICATION_SECONDS = 10


class Protocol(ServerProtocol):
    """The library's, which takes a close frame amid the fragments of a message for an error (1002).

    RFC 6455 allows it: a client that gives a message up has no other way to leave.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**{**options, "logger": logger})  # type: ignore[arg-type]

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)


# The name by which uvicorn makes one.
websockets_sansio_impl.ServerProtocol = Protocol


class WebSocket(LeanWebSocket):
    """Reads on only while the application keeps up, and the client reads what it is sent.

    Tells the client why a message is refused: 1009 if it is too large, 1007 if no UTF-8, 1002 if it is no frame.
    """

    __slots__ = ("application", "decoder", "has_turn", "is_corked", "refused", "unread")

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        # A handshake is a request, of those that max_requests counts. uvicorn counts none, so a worker that serves
        # WebSockets alone is never recycled: https://github.com/Kludex/uvicorn/issues/2201
        options["server_state"].total_requests += 1  # type: ignore[attr-defined]
        self.logger = logger
        self.unread = bytearray()
        self.has_turn = False
        self.refused = False
        self.is_corked = False
        self.application: asyncio.Task[None] | None = None

    # ---- what comes in ----

    def data_received(self, data: bytes) -> None:
        if not self.refused:
            self.unread += data
            if not self.has_turn:
                self.take_turn()

    def take_turn(self) -> None:
        self.has_turn = False
        if self.unread and not self.is_behind() and not self.transport.is_closing():
            piece = bytes(self.unread[:PIECE])
            del self.unread[:PIECE]
            super().data_received(piece)
            if self.conn.handshake_exc and not self.handshake_initiated:
                self.refuse_what_is_no_handshake()
        self.read_on()

    def is_behind(self) -> bool:
        """Whether the application has messages left to take, or the client to read."""
        return self.read_paused or not self.writable.is_set()

    def read_on(self) -> None:
        """Also called when the application has taken a message, or the client has read one."""
        if self.transport.is_closing():
            return
        if self.refused:
            self.transport.resume_reading()
        elif self.is_behind():
            self.transport.pause_reading()
        elif not self.unread:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()
            if not self.has_turn:
                self.has_turn = True
                self.loop.call_soon(self.take_turn)

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        self.read_on()
        self.cork(bool(self.queue.qsize() or self.unread))
        return message

    # ---- what goes out ----

    def cork(self, is_more: bool) -> None:
        """Whole packets only, while more answers follow at once: what is kept back goes when the last is asked for, or
        after 0.2 s.

        A client that sends thousands of small messages would otherwise get as many packets of some bytes each. nginx's
        kernel puts them together where they fill its buffer, some MiB at a time and again for each packet: seconds in
        which this machine does nothing else. Daphne needs none of it: Twisted leaves TCP's own delay (Nagle's) on.
        """
        if is_more != self.is_corked and not self.transport.is_closing():
            self.is_corked = is_more
            socket = self.transport.get_extra_info("socket")
            # A unix socket, where one copies this folder and binds one, has no packets, and refuses the option.
            if socket.family != AF_UNIX:
                socket.setsockopt(IPPROTO_TCP, TCP_CORK, is_more)

    def pause_writing(self) -> None:
        super().pause_writing()
        # It could go on asking: a ping is answered without the application.
        self.read_on()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.read_on()

    async def send(self, message: ASGISendEvent) -> None:
        if self.refused:
            # Otherwise each message that came before the bad one is an exception in the log.
            raise ClientDisconnected
        if message["type"] == "websocket.accept":
            message = self.without_what_is_not_offered(message)
        elif message["type"] == "websocket.close":
            code, reason = message.get("code"), message.get("reason") or ""
            reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
            message = {"type": "websocket.close", "code": 1000 if code is None else code, "reason": reason}
        await super().send(message)

    def without_what_is_not_offered(self, message: WebSocketAcceptEvent) -> WebSocketAcceptEvent:
        """The client would have to fail the connection, by RFC 6455."""
        subprotocol = message.get("subprotocol")
        if not subprotocol or subprotocol in self.scope["subprotocols"]:
            return message
        logger.warning("accepted without the subprotocol %r, which the client does not offer", subprotocol)
        return {**message, "subprotocol": None}

    # ---- how it ends ----

    async def run_asgi(self) -> None:
        """uvicorn's (0.54), which closes the connection of an application that is over without a close frame."""
        if self.refused:
            return  # by a worker that stops, before the application has begun
        self.application = asyncio.current_task()
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except asyncio.CancelledError:
            logger.warning("An application took too long to end, and was cancelled.")
            self.end(CloseCode.INTERNAL_ERROR)
        except BaseException:
            logger.exception("Exception in ASGI application\n")
            self.end(CloseCode.INTERNAL_ERROR)
        else:
            if not self.handshake_complete:
                logger.error("The application returned before it had answered the handshake.")
            self.end(CloseCode.NORMAL_CLOSURE)
        if self.close_timer is None:
            self.transport.close()

    def end(self, code: CloseCode) -> None:
        """Of an application that is over: 500 before the handshake is answered, a close frame after that."""
        if self.disconnected or self.transport.is_closing():
            return
        if self.handshake_complete:
            if self.conn.state is State.OPEN and not self.close_sent:
                self.refuse(code, "")
        elif not self.close_sent:
            self.refuse_handshake(500, "Internal Server Error")

    def connection_lost(self, error: Exception | None) -> None:
        if self.handshake_complete:
            # uvicorn says 1005 for a client that has left without a close frame. The first message counts.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE, "reason": ""})
        super().connection_lost(error)

    def shutdown(self) -> None:
        """The worker stops: 1012 ("service restart": come again), or 503 before that.

        uvicorn raises InvalidState for a WebSocket that is closing, and drops all requests in flight with it.
        """
        self.stop_keepalive()
        if self.application is not None:
            self.loop.call_later(APPLICATION_SECONDS, self.application.cancel)
        if self.refused or self.disconnected:
            return  # it has its close frame, and two seconds; or nobody is there
        if not (self.handshake_complete or self.close_sent):
            self.refuse_handshake(503, "the server restarts", {"Retry-After": "5"})
        elif self.conn.state is State.OPEN and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.SERVICE_RESTART, "reason": ""})
            self.conn.send_close(CloseCode.SERVICE_RESTART, "the server restarts")
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    # ---- what is refused ----

    def refuse_handshake(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        response = self.conn.reject(status, f"{body}\n")
        response.headers.update(headers or {})
        self.conn.send_response(response)
        self.handshake_complete = self.close_sent = self.refused = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def refuse_what_is_no_handshake(self) -> None:
        """It is too long, or no HTTP. Of the latter the library says nothing, of both uvicorn, and the client waits."""
        answer = b"".join(self.conn.data_to_send())
        nothing = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.handshake_complete = self.close_sent = self.refused = True
        self.transport.write(answer or nothing)
        self.transport.close()

    def handle_text(self, event: Frame) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.curr_msg_data_type = "text"
        if self.is_taken(event):
            super().handle_text(event)

    def handle_cont(self, event: Frame) -> None:
        if self.is_taken(event):
            super().handle_cont(event)

    def is_taken(self, event: Frame) -> bool:
        """Of a fragment too, whatever becomes of the message: uvicorn looks at the whole, which may never come."""
        if len(self.frames) >= MOST_FRAGMENTS:
            self.refuse(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        elif self.curr_msg_data_type == "text":
            try:
                self.decoder.decode(event.data, final=event.fin)
            except UnicodeDecodeError:
                self.refuse(CloseCode.INVALID_DATA, "text that is no UTF-8")
        return not self.refused

    def refuse(self, code: CloseCode, reason: str) -> None:
        # The client's own close frame may have been read together with what is refused.
        if self.conn.state is State.OPEN:
            self.conn.send_close(code, reason)
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        if self.refused:
            return
        self.refused = self.close_sent = True
        self.unread.clear()
        self.frames = []
        close = self.conn.close_sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(LINGER, self.transport.close)
        self.loop.call_later(CUT, self.transport.abort)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # Closing waits until the client has read everything, and this one does not.
        self.loop.call_later(CUT, self.transport.abort)
