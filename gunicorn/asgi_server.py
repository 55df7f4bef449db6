"""uvicorn's server in a worker of gunicorn: it accepts those who wait, and loses nothing of theirs when it stops."""

import asyncio
import socket
import struct
import time
from contextlib import suppress
from functools import wraps

from gunicorn.arbiter import Arbiter
from uvicorn import Server

# The queue's share of the stop_grace_period in compose.yaml; graceful_timeout is the requests' in flight.
QUEUE_SECONDS = 8
# Seconds in which a handshake that has begun is over: a round trip, with much to spare. It is in no queue yet.
HANDSHAKE_SECONDS = 0.05
# New connections that are accepted each time around the event loop.
ACCEPTED_AT_ONCE = 16


def refuse_new_connections(arbiter: Arbiter) -> None:
    """From the moment when the arbiter is to stop; gunicorn has no hook for that. Not when it reloads.

    Bound to loopback, who comes over the network finds nobody listening; what has begun goes on. Before Linux 5.7 that
    takes a privilege: there the sockets are closed with what waits in their queue.
    """
    stop = arbiter.stop

    @wraps(stop)
    def refuse_and_stop(graceful: bool = True) -> None:  # as gunicorn has it
        for listener in arbiter.LISTENERS:
            if listener.family != socket.AF_UNIX:
                with suppress(PermissionError):
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        stop(graceful)

    arbiter.stop = refuse_and_stop


class DrainingServer(Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # libuv accepts one connection each time around (https://github.com/libuv/libuv/pull/3696), of each socket that
        # it is given. A worker with hundreds of requests comes around ten times a second, and who is in the queue waits
        # while the connections that nginx has kept are served: of 1,000 clients, a quarter for more than 8 s.
        copies = [it.dup() for it in sockets or [] for _ in range(ACCEPTED_AT_ONCE - 1)]
        await super().startup(sockets and [*sockets, *copies])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves the connections that wait in the queue before it closes the sockets.

        The last worker that closes one resets them, and nginx, which has sent its request, cannot repeat a POST. Of a
        worker that is replaced, the others serve them.
        """
        listeners = [it for it in sockets or [] if refuses(it)]
        now = last_seen = time.monotonic()
        deadline = now + QUEUE_SECONDS
        while listeners and now < min(last_seen + HANDSHAKE_SECONDS, deadline):
            if any(map(queue_of, listeners)):
                last_seen = now
            await asyncio.sleep(0.001)
            now = time.monotonic()
        await super().shutdown(sockets)


def refuses(listener: socket.socket) -> bool:
    """Whether refuse_new_connections() was here, in the arbiter."""
    return bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))


def queue_of(listener: socket.socket) -> int:
    """Connections that nobody has accepted yet: of a socket that listens, that is what tcp_info calls unacked."""
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28), 24)[0]
