"""Stops a server that listens behind a proxy, without the loss of a request: what all ASGI servers here share.

1. The listening sockets refuse new connections, so that nginx goes to another replica or gateway.
2. The server serves the queued connections. When it closes a socket, the kernel resets those that are still queued.
   nginx has sent its requests into them, and cannot repeat a POST.
3. Each idle connection stays open for one last request, because nginx may just have sent one into it.
"""

import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress

# Most seconds for which queued connections are served, of the stop_grace_period in compose.yaml. The requests in flight
# have a time of their own.
QUEUE_SECONDS = 8
# Seconds within which a TCP handshake that has begun completes: one round trip, with a wide margin. Until then no queue
# contains the connection.
HANDSHAKE_SECONDS = 0.05
# Seconds between two looks at a queue.
LOOK_SECONDS = 0.001
# Seconds that an idle connection stays open for one more request after the stop begins.
LAST_CALL = 2


def refuse_new_connections(listener: socket.socket) -> None:
    """Binds a listening socket to the loopback device: connections from the network are refused, open ones go on.

    Before Linux 5.7 that needs a privilege. Without it, the socket goes on accepting.
    """
    if listener.family != socket.AF_UNIX:
        with suppress(PermissionError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")


def refuses(listener: socket.socket) -> bool:
    """Whether refuse_new_connections() has bound this socket to the loopback device."""
    return bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))


def queue_of(listener: socket.socket) -> int:
    """Number of queued connections: those that are not accepted yet. For a listening socket, tcp_info's `unacked`."""
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28), 24)[0]


class Queue:
    """The connections that wait at listening sockets when a stop begins. Ask is_served() every LOOK_SECONDS."""

    def __init__(self, listeners: Sequence[socket.socket]) -> None:
        self.listeners = listeners
        self.last_seen = time.monotonic()
        self.deadline = self.last_seen + QUEUE_SECONDS

    def is_served(self) -> bool:
        """Whether no connection has been queued for HANDSHAKE_SECONDS, or QUEUE_SECONDS are over."""
        now = time.monotonic()
        if any(map(queue_of, self.listeners)):
            self.last_seen = now
        return not self.listeners or now >= min(self.last_seen + HANDSHAKE_SECONDS, self.deadline)
