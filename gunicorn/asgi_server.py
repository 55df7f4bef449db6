"""uvicorn's server in a gunicorn worker: it accepts many connections at once, and serves its queue before it stops."""

import asyncio
import socket
import struct
import time
from contextlib import suppress
from functools import wraps

from gunicorn.arbiter import Arbiter
from uvicorn import Server

# Seconds of the stop_grace_period in compose.yaml for queued connections. graceful_timeout is for requests in flight.
QUEUE_SECONDS = 8
# Seconds within which a TCP handshake that has begun completes: one round trip, with a wide margin. Until then no queue
# contains the connection.
HANDSHAKE_SECONDS = 0.05
# New connections that a worker accepts in each turn of its event loop.
ACCEPTED_AT_ONCE = 16


def refuse_new_connections(arbiter: Arbiter) -> None:
    """Makes the arbiter refuse new connections from the moment it begins to stop, but not when it reloads.

    gunicorn has no hook for that. The listening sockets are bound to the loopback device: connections from the network
    are refused, and open connections go on. Before Linux 5.7 that needs a privilege. On such a kernel the sockets are
    closed as gunicorn does it, and their queued connections are reset.
    """
    stop = arbiter.stop

    @wraps(stop)
    def refuse_and_stop(graceful: bool = True) -> None:  # gunicorn's signature
        for listener in arbiter.LISTENERS:
            if listener.family != socket.AF_UNIX:
                with suppress(PermissionError):
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        stop(graceful)

    arbiter.stop = refuse_and_stop


class DrainingServer(Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # For each socket that it is given, libuv accepts one connection per turn of the event loop
        # (https://github.com/libuv/libuv/pull/3696). A worker with hundreds of requests makes ten turns a second, and
        # serves the connections that nginx keeps open. Meanwhile queued connections wait: of 1,000 clients, a quarter
        # waited for more than 8 s.
        copies = [it.dup() for it in sockets or [] for _ in range(ACCEPTED_AT_ONCE - 1)]
        await super().startup(sockets and [*sockets, *copies])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves the queued connections before it closes the sockets.

        When the last worker closes a socket, the kernel resets the queued connections. nginx has sent its requests into
        them, and cannot repeat a POST. If only one worker is replaced, the other workers serve the queue.
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
    """Whether refuse_new_connections() has bound this socket to the loopback device."""
    return bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))


def queue_of(listener: socket.socket) -> int:
    """Number of queued connections: those that are not accepted yet. For a listening socket, tcp_info's `unacked`."""
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28), 24)[0]
