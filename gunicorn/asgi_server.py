"""uvicorn's server in a worker that stops: nothing that was sent to it is lost."""

import asyncio
import socket
import struct
import time

from uvicorn import Server

# The queue's share of the stop_grace_period in compose.yaml; graceful_timeout is the requests' in flight.
QUEUE_SECONDS = 8


class DrainingServer(Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves the connections that wait in the queue before it closes the sockets.

        The last worker that closes one resets them, and nginx, which has sent its request, cannot repeat a POST.
        """
        deadline = time.monotonic() + QUEUE_SECONDS
        while any(map(queue_of, sockets or [])) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await super().shutdown(sockets)


def queue_of(listener: socket.socket) -> int:
    """Connections that nobody has accepted yet: of a socket that listens, that is what tcp_info calls unacked."""
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28), 24)[0]
