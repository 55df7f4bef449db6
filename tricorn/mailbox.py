"""Smaller forms of asyncio's Queue and Event, for ten thousand idle connections."""

import asyncio
from typing import Any

# Shared by all connections whose client keeps up with reading, so by nearly all. One for each would take 1 kB. A
# connection whose client falls behind gets an event of its own.
WRITABLE = asyncio.Event()
WRITABLE.set()


class Mailbox:
    """The part of asyncio.Queue that ASGI servers use: one reader, no bound. asyncio.Queue has four deques, 3 kB."""

    __slots__ = ("messages", "reader")

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.reader: asyncio.Future[None] | None = None

    def qsize(self) -> int:
        return len(self.messages)

    def empty(self) -> bool:
        return not self.messages

    def put_nowait(self, message: object) -> None:
        self.messages.append(message)
        if self.reader and not self.reader.done():
            self.reader.set_result(None)

    async def get(self) -> Any:  # noqa: ANN401  # whatever was put
        while not self.messages:
            self.reader = asyncio.get_running_loop().create_future()
            await self.reader
        return self.messages.pop(0)
