"""Channels' loop around a consumer, with one task for the whole of a WebSocket's life.

Channels (4.3.2) makes a task for every message that it waits for, and watches them with asyncio.wait(). All of that
lives until the next message: in a room of 10,000, more than half of the time that Daphne took to deliver one, Python
spent looking for garbage.

Whatever ends the loop, the consumer is told that its client has left, and the layer forgets its channel. In Channels'
own loop neither happens when a message from the layer is for a client that has just left: its group, its queue and its
subscription in Valkey stay until the process ends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels import consumer
from channels.exceptions import StopConsumer

logger = logging.getLogger(__name__)

type Message = dict[str, Any]
type Source = Callable[[], Awaitable[Message]]
type Dispatch = Callable[[Message], Awaitable[None]]

GONE: Message = {"type": "websocket.disconnect", "code": 1006, "reason": ""}


async def await_many_dispatch(sources: list[Source], dispatch: Dispatch) -> None:
    """Passes on what comes from the client and from the channel layer, one message at a time, until one of them, or
    `dispatch`, raises; that is raised here.
    """
    lock = asyncio.Lock()
    client, *others = sources
    knows = True  # the consumer, that its client has left; or it has not begun

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
                others.remove(source)  # the layer has forgotten it
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
        # What Channels looks for, StopConsumer, and what the log shows, is the first of them itself.
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
    """A layer forgets a channel when someone who waits for its next message is cancelled, and there is no other way."""

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
            """That is how it ends."""
        except Exception:
            logger.exception("a WebSocket's consumer could not clean up")


def install() -> None:
    """Has every consumer of the process use it."""
    consumer.await_many_dispatch = await_many_dispatch
