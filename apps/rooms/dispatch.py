"""Channels' loop around a consumer, with one task for the whole of a WebSocket's life.

Channels (4.3.2) makes a task for every message that it waits for, and watches them with asyncio.wait(). All of that
lives until the next message: in a room of 10,000, more than half of the time that Daphne took to deliver one, Python
spent looking for garbage.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels import consumer

type Message = dict[str, Any]
type Source = Callable[[], Awaitable[Message]]


async def await_many_dispatch(sources: list[Source], dispatch: Callable[[Message], Awaitable[None]]) -> None:
    """Passes on what comes from the client and from the channel layer, one message at a time, until one of them, or
    `dispatch`, raises; that is raised here.
    """
    lock = asyncio.Lock()

    async def forward(source: Source) -> None:
        while True:
            message = await source()
            async with lock:
                await dispatch(message)

    client, *others = sources
    if not others:
        return await forward(client)
    try:
        async with asyncio.TaskGroup() as group:
            for source in others:
                group.create_task(forward(source))
            await forward(client)
    except ExceptionGroup as found:
        # What Channels looks for, StopConsumer, and what the log shows, is the first of them itself.
        raise found.exceptions[0] from None


def install() -> None:
    """Has every consumer of the process use it."""
    consumer.await_many_dispatch = await_many_dispatch
