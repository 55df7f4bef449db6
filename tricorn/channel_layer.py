"""Channels' layer on Valkey. It recovers by itself after an outage of Valkey.

In the settings:

    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "tricorn.channel_layer.ChannelLayer",
            "CONFIG": {"hosts": [{"address": "redis://valkey:6379/0", "password": ...}]},
        },
    }
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from channels_redis.core import BoundedQueue
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import decode_hosts
from redis.asyncio import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import RedisError

from tricorn import versions

TRIES = 5
PAUSE = 0.2  # seconds
# Messages that may wait for one client, as in Channels' own layers. If there are more, the oldest is dropped. A client
# that does not read is closed soon, but until then a busy room would fill the memory.
CAPACITY = 100


async def persist[T](operation: Callable[[], Awaitable[T]]) -> T:
    """Tries `operation` up to TRIES times. If all fail, raises redis' ConnectionError, whichever error it was."""
    for number in range(TRIES):
        try:
            return await operation()
        except (RedisError, RuntimeError, OSError) as error:
            if number == TRIES - 1:
                raise ValkeyConnectionError(str(error)) from error
        await asyncio.sleep(PAUSE)
    raise AssertionError


class ValkeyConnection(Connection):
    """Detects a peer that has disappeared without closing the connection, for example after a cut cable.

    A connection that only listens would wait for ever. So the kernel probes it after 2 s of silence, and gives up 3 s
    later. The library (8.1) takes the kernel's ETIMEDOUT for "no message yet". It reads again at once, and fills the
    memory with the traceback of that one exception. Therefore read_response() checks for it.
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
            # uvloop and asyncio (3.13) raise these for a closed transport. The library handles only OSError.
            raise ValkeyConnectionError(str(error)) from error

    async def read_response(self, *args: object, **options: object) -> object:
        response = await super().read_response(*args, **options)
        if response is None and self._reader is not None and (error := self._reader.exception()):
            await self.disconnect(nowait=True)
            raise ValkeyConnectionError(str(error)) from None
        return response


class ChannelLayer(RedisPubSubChannelLayer):
    """One connection listens for all clients of a process. After an outage of Valkey, its next user finds it broken.

    To connect again can fail with a RuntimeError, because the listening task reads from a connection that is still
    being made. A moment later it succeeds. Without the retries, the first user got 500.

    `hosts` are those of channels_redis. For a host over TLS (rediss://), name a subclass of ValkeyConnection and of
    redis' SSLConnection as `connection_class`.
    """

    def __init__(self, *args: object, hosts: list[Any] | None = None, **options: object) -> None:
        versions.check("channels")
        defaults = {"connection_class": ValkeyConnection, "retry": Retry(NoBackoff(), 1)}
        super().__init__(*args, hosts=[{**defaults, **host} for host in decode_hosts(hosts)], **options)

    async def new_channel(self, prefix: str = "specific.") -> str:
        layer = self._get_layer()
        channel = await persist(lambda: layer.new_channel(prefix))
        layer.channels[channel] = BoundedQueue(CAPACITY)
        return channel

    async def group_add(self, group: str, channel: str) -> None:
        await persist(lambda: self._get_layer().group_add(group, channel))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await persist(lambda: self._get_layer().group_send(group, message))
