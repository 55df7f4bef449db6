"""The channel layer on Valkey, which comes back by itself after Valkey was away."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from channels_redis.core import BoundedQueue
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio import Connection
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import RedisError

TRIES = 5
PAUSE = 0.2  # seconds
# Messages that wait for one client, as Channels' own layers have it; of more, the oldest is lost. One that does not
# read is soon ended, but until then a busy room would fill the memory.
CAPACITY = 100


async def persist[T](operation: Callable[[], Awaitable[T]]) -> T:
    """Several tries. Raises redis' ConnectionError if none succeeds, whatever it was that failed."""
    for number in range(TRIES):
        try:
            return await operation()
        except (RedisError, RuntimeError, OSError) as error:
            if number == TRIES - 1:
                raise ValkeyConnectionError(str(error)) from error
        await asyncio.sleep(PAUSE)
    raise AssertionError


class ValkeyConnection(Connection):
    """Notices that the other side has gone without a word, as with a cable that is cut.

    Who only listens would wait for ever. So the kernel asks after 2 s of silence, and gives up 3 s later.
    The library (8.1) takes its ETIMEDOUT for "no message yet", reads again at once, and fills the memory with the
    traceback of that one exception, which is why it is looked for here.
    """

    def __init__(self, **options: object) -> None:
        keepalive = {
            socket.TCP_KEEPIDLE: 2,
            socket.TCP_KEEPINTVL: 1,
            socket.TCP_KEEPCNT: 3,
            socket.TCP_USER_TIMEOUT: 3000,  # milliseconds, for what was sent
        }
        super().__init__(socket_keepalive=True, socket_keepalive_options=keepalive, **options)

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        try:
            await super().send_packed_command(command, check_health)
        except (RuntimeError, TypeError) as error:
            # What uvloop and asyncio (3.13) make of a transport that is closed; the library knows OSError alone.
            raise ValkeyConnectionError(str(error)) from error

    async def read_response(self, *args: object, **options: object) -> object:
        response = await super().read_response(*args, **options)
        if response is None and self._reader is not None and (error := self._reader.exception()):
            await self.disconnect(nowait=True)
            raise ValkeyConnectionError(str(error)) from None
        return response


class ChannelLayer(RedisPubSubChannelLayer):
    """One connection listens for all clients of a process. After Valkey was away, who needs it next finds it broken.

    Making it again can fail with a RuntimeError, where the task that listens reads from the connection that is being
    made. A moment later it succeeds; without that, whoever was first got 500.
    """

    async def new_channel(self, prefix: str = "specific.") -> str:
        layer = self._get_layer()
        channel = await persist(lambda: layer.new_channel(prefix))
        layer.channels[channel] = BoundedQueue(CAPACITY)
        return channel

    async def group_add(self, group: str, channel: str) -> None:
        await persist(lambda: self._get_layer().group_add(group, channel))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await persist(lambda: self._get_layer().group_send(group, message))
