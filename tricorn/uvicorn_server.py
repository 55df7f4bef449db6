"""uvicorn's server in a gunicorn worker: it accepts many connections at once, and serves its queue before it stops."""

import asyncio
import socket
from functools import wraps

from gunicorn.arbiter import Arbiter
from uvicorn import Server

from tricorn import drain

# New connections that a worker accepts in each turn of its event loop.
ACCEPTED_AT_ONCE = 16


def refuse_new_connections_first() -> None:
    """Makes gunicorn's arbiter refuse new connections from the moment it begins to stop, but not when it reloads.

    gunicorn has no hook for that. On a kernel that does not allow it, the sockets are closed as gunicorn does it, and
    their queued connections are reset.
    """
    stop = Arbiter.stop

    @wraps(stop)
    def refuse_and_stop(arbiter: Arbiter, graceful: bool = True) -> None:  # gunicorn's signature
        for listener in arbiter.LISTENERS:
            drain.refuse_new_connections(listener)
        stop(arbiter, graceful)

    Arbiter.stop = refuse_and_stop


class DrainingServer(Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # For each socket that it is given, libuv accepts one connection per turn of the event loop
        # (https://github.com/libuv/libuv/pull/3696). A worker with hundreds of requests makes ten turns a second, and
        # serves the connections that nginx keeps open. Meanwhile queued connections wait: of 1,000 clients, a quarter
        # waited for more than 8 s.
        copies = [it.dup() for it in sockets or [] for _ in range(ACCEPTED_AT_ONCE - 1)]
        await super().startup(sockets and [*sockets, *copies])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves the queued connections before it closes the sockets, if the arbiter stops (drain.py).

        If only one worker is replaced, the other workers serve the queue.
        """
        queue = drain.Queue([it for it in sockets or [] if drain.refuses(it)])
        while not queue.is_served():  # noqa: ASYNC110  # the kernel reports no change of a queue
            await asyncio.sleep(drain.LOOK_SECONDS)
        await super().shutdown(sockets)
