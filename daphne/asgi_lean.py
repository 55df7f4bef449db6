"""The memory of an idle WebSocket, reduced.

gunicorn/asgi_lean.py has its own version, so that each of the two folders can be copied without the other.
"""

import asyncio
from typing import Any

type Message = dict[str, Any]

# Shared by all connections whose client keeps up with reading, so by nearly all. One for each would take 1 kB.
WRITABLE = asyncio.Event()
WRITABLE.set()


class Mailbox:
    """The part of asyncio.Queue that Daphne uses: one reader, no bound. asyncio.Queue has four deques, 3 kB."""

    __slots__ = ("messages", "reader")

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.reader: asyncio.Future[None] | None = None

    def qsize(self) -> int:
        return len(self.messages)

    def empty(self) -> bool:
        return not self.messages

    def put_nowait(self, message: Message) -> None:
        self.messages.append(message)
        if self.reader and not self.reader.done():
            self.reader.set_result(None)

    async def get(self) -> Message:
        while not self.messages:
            self.reader = asyncio.get_running_loop().create_future()
            await self.reader
        return self.messages.pop(0)
