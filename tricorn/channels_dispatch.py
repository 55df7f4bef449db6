"""Channels' loop around a consumer, with one task for the whole life of a WebSocket.

Channels (4.3.2) creates a task for every message that it awaits, and watches the tasks with asyncio.wait(). These live
until the next message. In a room of 10,000, Daphne needed more than half of the time of one delivery for Python's
garbage collection.

However the loop ends, the consumer's `disconnect` is called, and the layer removes its channel. Channels' own loop does
neither if a message of the layer is for a client that has just left. The consumer's group, queue and subscription in
Valkey then stay until the process ends.

    channels_dispatch.install()  # beside the ASGI application
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels import consumer
from channels.exceptions import StopConsumer

from tricorn import versions

logger = logging.getLogger(__name__)

type Message = dict[str, Any]
type Source = Callable[[], Awaitable[Message]]
type Dispatch = Callable[[Message], Awaitable[None]]

GONE: Message = {"type": "websocket.disconnect", "code": 1006, "reason": ""}


async def await_many_dispatch(sources: list[Source], dispatch: Dispatch) -> None:
    """Passes messages of the client and of the channel layer to `dispatch`, one at a time.

    `sources` are functions that await one message each; the first is the client's. Ends when one of them or `dispatch`
    raises, and raises that error.
    """
    lock = asyncio.Lock()
    client, *others = sources
    knows = True  # the consumer knows that its client has left, or it has not begun

    async def forward_client() -> None:
        nonlocal knows
        while True:
            message = await client()
            async with lock:
                knows = message["type"] == GONE["type"]
                await dispatch(message)

    async def forward_layer(source: Source) -> None:
        while True:
            try:
                message = await source()
            except asyncio.CancelledError:
                others.remove(source)  # the layer has removed the channel
                raise
            async with lock:
                await dispatch(message)

    try:
        if not others:
            return await forward_client()
        async with asyncio.TaskGroup() as group:
            for source in others:
                group.create_task(forward_layer(source))
            await forward_client()
    except ExceptionGroup as found:
        # Channels looks for StopConsumer itself, not for a group, and the log should show the first error itself.
        knows = knows or isinstance(found.exceptions[0], StopConsumer)
        raise found.exceptions[0] from None
    except StopConsumer:
        knows = True
        raise
    finally:
        for source in others:
            await forget(source)
        if not knows:
            await tell(dispatch)


async def forget(source: Source) -> None:
    """Makes the layer remove a channel. The only way is to cancel a task that awaits the channel's next message."""

    async def wait() -> None:
        while True:
            await source()

    waiting = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await waiting


async def tell(dispatch: Dispatch) -> None:
    """Calls the consumer's `disconnect`, if it has one, as Channels does when the client has left."""
    if hasattr(getattr(dispatch, "__self__", None), "websocket_disconnect"):
        try:
            await dispatch(GONE)
        except StopConsumer:
            """The consumer raises this when it ends."""
        except Exception:
            logger.exception("a WebSocket's consumer failed in its disconnect handler")


def install() -> None:
    """Makes every consumer of this process use this loop."""
    versions.check("channels")
    consumer.await_many_dispatch = await_many_dispatch
