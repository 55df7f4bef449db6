"""uvicorn's WebSockets, with bounds to what one client can take, and a goodbye that arrives.

As uvicorn (0.54) has them, ten clients that send empty fragments for four seconds keep every worker from its other
clients until gunicorn kills it. The same bounds for Daphne: daphne/asgi_websocket.py.
"""

import codecs
from socket import AF_UNIX, IPPROTO_TCP, TCP_CORK

from asgi_lean import LeanWebSocket
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from websockets.frames import CloseCode, Frame
from websockets.protocol import State

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


class WebSocket(LeanWebSocket):
    """Reads on only while the application keeps up, and the client reads what it is sent.

    Tells the client why a message is refused: 1009 if it is too large, 1007 if no UTF-8, 1002 if it is no frame.
    """

    __slots__ = ("decoder", "has_turn", "is_corked", "refused", "unread")

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.unread = bytearray()
        self.has_turn = False
        self.refused = False
        self.is_corked = False

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
        await super().send(message)

    # ---- what is refused ----

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
