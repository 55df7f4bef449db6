"""uvicorn's WebSocket in two thirds of its memory. Of ten thousand open WebSockets, almost all are idle."""

import asyncio

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# Shared by all connections whose client keeps up with reading, so by nearly all.
WRITABLE = asyncio.Event()
WRITABLE.set()


class Mailbox:
    """The part of asyncio.Queue that uvicorn uses: one reader, no bound. asyncio.Queue has four deques, 3 kB."""

    __slots__ = ("messages", "reader")

    def __init__(self) -> None:
        self.messages: list[ASGIReceiveEvent] = []
        self.reader: asyncio.Future[None] | None = None

    def qsize(self) -> int:
        return len(self.messages)

    def empty(self) -> bool:
        return not self.messages

    def put_nowait(self, message: ASGIReceiveEvent) -> None:
        self.messages.append(message)
        if self.reader and not self.reader.done():
            self.reader.set_result(None)

    async def get(self) -> ASGIReceiveEvent:
        while not self.messages:
            self.reader = asyncio.get_running_loop().create_future()
            await self.reader
        return self.messages.pop(0)


class LeanWebSocket(WebSocketsSansIOProtocol):
    # With more than 30 attributes, Python stores their names with each instance: over 1 kB. So some of uvicorn's
    # attributes have slots. A derived class declares slots for its own attributes.
    __slots__ = ("client", "conn", "frames", "queue", "request", "response", "scheme", "scope", "server", "writable")

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.queue = Mailbox()  # type: ignore[assignment]
        self.writable = WRITABLE

    def pause_writing(self) -> None:
        if self.writable is WRITABLE:
            self.writable = asyncio.Event()
        super().pause_writing()

    async def send(self, message: ASGISendEvent) -> None:
        is_new = not self.handshake_complete
        await super().send(message)
        if is_new and self.handshake_complete:
            # Frees 2 kB. Nothing reads these headers any more: the application has its own copy in the scope.
            self.request.headers.clear()
            self.response.headers.clear()
