"""uvicorn's WebSockets, with limits on what one client can use, and close frames that arrive.

With uvicorn's own (0.54), ten clients that send empty fragments for four seconds block every worker for its other
clients until gunicorn kills it. daphne_websocket.py has the same limits for Daphne.
"""

import asyncio
import codecs
import logging
from socket import AF_UNIX, IPPROTO_TCP, TCP_CORK

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent, WebSocketAcceptEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets import websockets_sansio_impl
from websockets import http11
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from tricorn.limits import HEAD_BYTES, LONGEST_REASON, MOST_FRAGMENTS

# Uses uvicorn's handlers, but never logs below WARNING, whatever LOG_LEVEL is. At INFO uvicorn logs the handshake's
# request line with its query string, and at DEBUG the library logs all headers. nginx has the access log.
logger = logging.getLogger("uvicorn.error.websocket")
logger.setLevel(logging.WARNING)

# The library's default is 8 KiB.
http11.MAX_LINE_LENGTH = HEAD_BYTES

# Bytes that are parsed at once, before the worker's other clients have their turn. uvicorn parses all that it has read,
# 256 kB. These can be 40,000 frames: all other clients wait, and all 40,000 are in memory until the application
# receives them.
PIECE = 4096

# Seconds from a close frame until the connection is closed, and until it is aborted. Until then the worker reads on,
# and discards what it reads. If it closed at once, the kernel would answer data that still arrives with a reset. nginx
# would give the connection up before it has read the close frame, and the client would see only 1006 (abnormal
# closure). Without the abort, a client that does not read would keep the connection for ever.
LINGER, CUT = 1, 2

# Seconds that an application has to end when the worker stops, for example to report to others that its user has left.
# Daphne allows the same. An application that ignores its disconnect would delay the stop by all of
# timeout_graceful_shutdown.
APPLICATION_SECONDS = 10


class Protocol(ServerProtocol):
    """Accepts a close frame between the fragments of a message. The library rejects it as an error (1002).

    RFC 6455 allows it (section 5.4): a client that abandons a message has no other way to leave.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**{**options, "logger": logger})  # type: ignore[arg-type]

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)


# uvicorn creates its protocol objects by this global name.
websockets_sansio_impl.ServerProtocol = Protocol


class WebSocket(websockets_sansio_impl.WebSocketsSansIOProtocol):
    """Reads on only while the application keeps up and the client reads what it is sent.

    Gives the client the reason for a rejected message: 1009 if it is too large, 1007 if it is not UTF-8, 1002 if it is
    not a valid frame.
    """

    # Slots, so that uvicorn_lean.py has fewer attributes to count.
    __slots__ = ("application", "decoder", "has_turn", "is_corked", "refused", "unread")

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.start_flow_control()
        # A handshake is a request, so max_requests must count it. uvicorn does not: a worker that serves only
        # WebSockets would never be recycled. https://github.com/Kludex/uvicorn/issues/2201
        options["server_state"].total_requests += 1  # type: ignore[attr-defined]
        self.logger = logger
        self.unread = bytearray()
        self.has_turn = False
        self.refused = False
        self.is_corked = False
        self.application: asyncio.Task[None] | None = None

    def start_flow_control(self) -> None:
        """uvicorn has made the queue of messages, and the event that is set while the client keeps up."""

    # ---- incoming data ----

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
        """Whether the application still has to receive messages, or the client to read them."""
        return self.read_paused or not self.writable.is_set()

    def read_on(self) -> None:
        """Also called after the application has received a message, and after the client has read one."""
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

    # ---- outgoing data ----

    def cork(self, is_more: bool) -> None:
        """Sends only whole packets while more answers follow at once (`is_more`). The kernel sends the rest when the
        application receives the last queued message, or after 0.2 s.

        Otherwise a client that sends thousands of small messages gets as many packets of some bytes each. When these
        fill nginx's receive buffer, the kernel compacts it: some MiB at a time, and again for each packet. That
        occupies the machine for seconds. Daphne does not need this, because Twisted leaves Nagle's algorithm on.
        """
        if is_more != self.is_corked and not self.transport.is_closing():
            self.is_corked = is_more
            socket = self.transport.get_extra_info("socket")
            # A Unix socket has no packets, and refuses the option.
            if socket.family != AF_UNIX:
                socket.setsockopt(IPPROTO_TCP, TCP_CORK, is_more)

    def pause_writing(self) -> None:
        super().pause_writing()
        # A client could send more without the application: pings, for example, are answered here.
        self.read_on()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.read_on()

    async def send(self, message: ASGISendEvent) -> None:
        if self.refused:
            # Otherwise each message that came before the bad one causes an exception in the log.
            raise ClientDisconnected
        if message["type"] == "websocket.accept":
            message = self.without_what_is_not_offered(message)
        elif message["type"] == "websocket.close":
            code, reason = message.get("code"), message.get("reason") or ""
            reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
            message = {"type": "websocket.close", "code": 1000 if code is None else code, "reason": reason}
        await super().send(message)

    def without_what_is_not_offered(self, message: WebSocketAcceptEvent) -> WebSocketAcceptEvent:
        """Drops a subprotocol that the client did not offer: by RFC 6455, the client would fail the connection."""
        subprotocol = message.get("subprotocol")
        if not subprotocol or subprotocol in self.scope["subprotocols"]:
            return message
        logger.warning("accepted without the subprotocol %r, which the client did not offer", subprotocol)
        return {**message, "subprotocol": None}

    # ---- the end of a connection ----

    async def run_asgi(self) -> None:
        """Replaces uvicorn's (0.54), which sends no close frame when the application has ended."""
        if self.refused:
            return  # the worker stopped before the application began
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
        """Ends the connection of an application that has ended: 500 before the handshake's answer, then `code`."""
        if self.disconnected or self.transport.is_closing():
            return
        if self.handshake_complete:
            if self.conn.state is State.OPEN and not self.close_sent:
                self.refuse(code, "")
        elif not self.close_sent:
            self.refuse_handshake(500, "Internal Server Error")

    def connection_lost(self, error: Exception | None) -> None:
        if self.handshake_complete:
            # uvicorn reports 1005 for a client that leaves without a close frame. The application receives the first
            # message of the queue, so later ones change nothing.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE, "reason": ""})
        super().connection_lost(error)

    def shutdown(self) -> None:
        """Closes with 1012 ("service restart": reconnect) because the worker stops. Before the handshake's answer: 503.

        uvicorn raises InvalidState for a WebSocket that is closing, and drops all requests in flight with it.
        """
        self.stop_keepalive()
        if self.application is not None:
            self.loop.call_later(APPLICATION_SECONDS, self.application.cancel)
        if self.refused or self.disconnected:
            return  # the close frame is sent and CUT ends the connection, or the client has left
        if not (self.handshake_complete or self.close_sent):
            self.refuse_handshake(503, "the server is restarting", {"Retry-After": "5"})
        elif self.conn.state is State.OPEN and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.SERVICE_RESTART, "reason": ""})
            self.conn.send_close(CloseCode.SERVICE_RESTART, "the server is restarting")
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    # ---- rejections ----

    def refuse_handshake(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        response = self.conn.reject(status, f"{body}\n")
        response.headers.update(headers or {})
        self.conn.send_response(response)
        self.handshake_complete = self.close_sent = self.refused = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def refuse_what_is_no_handshake(self) -> None:
        """Answers data that is too long for a handshake, or not HTTP. uvicorn sends nothing, so the client would wait.

        For data that is not HTTP, the library has no response either.
        """
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
        """Whether a frame is accepted. uvicorn checks only a complete message, and a message may never be complete."""
        if len(self.frames) >= MOST_FRAGMENTS:
            self.refuse(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        elif self.curr_msg_data_type == "text":
            try:
                self.decoder.decode(event.data, final=event.fin)
            except UnicodeDecodeError:
                self.refuse(CloseCode.INVALID_DATA, "text is not valid UTF-8")
        return not self.refused

    def refuse(self, code: CloseCode, reason: str) -> None:
        # The client's own close frame may have been read together with the rejected data.
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
        # close() waits until the client has read everything. This client does not read.
        self.loop.call_later(CUT, self.transport.abort)
