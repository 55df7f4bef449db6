"""A bounded number of threads for HTTP under ASGI.

Django runs all synchronous code of a request in one thread, because a database connection needs that. It creates a new
thread for every request, without a limit. Requests beyond the container's limit of processes receive 500, health checks
included. Here a request leases a thread from its first synchronous code until its response is complete. A request that
only awaits I/O has no thread (handler.py, middleware.py), so their number is not limited.

    application = ThreadsMiddleware(get_asgi_application(), threads=100)
"""

import asyncio
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from tricorn.asgi_send import WatchedSend, send_json

logger = logging.getLogger(__name__)

# Seconds for which a request waits for a thread.
LEASE_TIMEOUT = 5
# Seconds in one synchronous call after which a thread counts as stuck. By then the proxy has given up its request.
STUCK_AFTER = 60

UNAVAILABLE = {
    "status": 503,
    "error": "Service Unavailable",
    "detail": "Too many requests at once. Try again in a moment.",
}


class SingleThreadExecutor(ThreadPoolExecutor):
    """One thread, created when first needed, with a list of its calls and the time at which each was submitted."""

    def __init__(self, name: str) -> None:
        super().__init__(max_workers=1, thread_name_prefix=name)
        self.calls: dict[Future, float] = {}  # seconds of time.monotonic(), oldest first

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = super().submit(fn, *args, **kwargs)
        self.calls[future] = time.monotonic()
        future.add_done_callback(self.calls.pop)
        return future

    def is_stuck(self) -> bool:
        return any(time.monotonic() - since > STUCK_AFTER for since in list(self.calls.values()))


class LeaseTimeout(BaseException):
    """No thread became free in time. A BaseException, so that no middleware or error handler makes a response of it."""


def is_lease_timeout(error: BaseException) -> bool:
    """Also finds it in a group. What else failed in the group is logged, because nothing else reports it."""
    if isinstance(error, BaseExceptionGroup):
        missing, rest = error.split(LeaseTimeout)
        if missing and rest:
            logger.error("failed in the same group as a task that got no thread: %s", rest, exc_info=rest)
        return missing is not None
    return isinstance(error, LeaseTimeout)


class Lease(Executor):
    """A request's lease of a thread. It begins with the first synchronous code, which waits here until one is free."""

    def __init__(self, threads: "ThreadsMiddleware") -> None:
        self.threads = threads
        self.executor: SingleThreadExecutor | None = None
        self.pending: list[tuple[Future, Callable[[], Any]]] = []

    @property
    def was_used(self) -> bool:
        return self.executor is not None

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Called by asgiref on the event loop."""
        if self.executor is None and self.threads.free:
            self.executor = self.threads.free.pop()
        if self.executor is not None:
            return self.executor.submit(fn, *args, **kwargs)
        if not self.pending:
            self.threads.waiting.append(self)
            asyncio.get_running_loop().call_later(LEASE_TIMEOUT, self.time_out)
        promised: Future[T] = Future()
        self.pending.append((promised, partial(fn, *args, **kwargs)))
        return promised

    def still_wanted(self) -> list[tuple[Future, Callable[[], Any]]]:
        """Removes and returns the pending calls, without those that were cancelled."""
        pending, self.pending = self.pending, []
        return [it for it in pending if it[0].set_running_or_notify_cancel()]

    def begin(self, executor: SingleThreadExecutor) -> bool:
        """Submits the pending calls to a thread that has become free. Returns whether there were any."""
        wanted = self.still_wanted()
        for promised, call in wanted:
            self.executor = executor
            executor.submit(call).add_done_callback(partial(copy_result, promised))
        return bool(wanted)

    def time_out(self) -> None:
        if self.pending:
            self.threads.waiting.remove(self)
            self.threads.end_if_stuck()
            for promised, _ in self.still_wanted():
                promised.set_exception(LeaseTimeout())


def copy_result(promised: Future, done: Future) -> None:
    if error := done.exception():
        promised.set_exception(error)
    else:
        promised.set_result(done.result())


class ThreadsMiddleware:
    """Leases `threads` threads of this process to requests. A request that gets none in time receives 503.

    `health_path`, without URL_PREFIX, has a thread of its own, because its view may be synchronous. A busy process is
    alive, and its restart would make the others busier.
    """

    def __init__(self, application: ASGI3Application, threads: int, health_path: str = "/livez") -> None:
        self.application = application
        self.health_path = health_path
        self.all = [SingleThreadExecutor(f"sync-{number}") for number in range(threads)]
        # Last in, first out, so a quiet process uses few threads.
        self.free = list(self.all)
        self.waiting: deque[Lease] = deque()
        self.spare = SingleThreadExecutor("sync-health")

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        # ASGI servers put root_path, the prefix, before the path.
        if scope["path"].removeprefix(scope.get("root_path", "")) == self.health_path:
            async with ThreadSensitiveContext(executor=self.spare):
                return await self.application(scope, receive, send)
        lease = Lease(self)
        watched = WatchedSend(send)
        try:
            async with ThreadSensitiveContext(executor=lease):
                await self.application(scope, receive, watched)
        except (LeaseTimeout, BaseExceptionGroup) as error:
            # A view's TaskGroup raises a group that may contain it, also in a group inside.
            if not is_lease_timeout(error):
                raise
            if watched.has_begun:
                raise ConnectionAbortedError("no thread became free for the rest of the response") from None
            return await send_json(send, 503, UNAVAILABLE, (b"retry-after", b"5"))
        finally:
            if lease.executor is not None:
                self.give_back(lease.executor)

    def give_back(self, executor: SingleThreadExecutor) -> None:
        oldest = next(iter(list(executor.calls)), None)
        if oldest is not None:
            # The client has left and the view still runs. A request that got this thread now would wait for that view.
            loop = asyncio.get_running_loop()
            oldest.add_done_callback(lambda _: loop.call_soon_threadsafe(self.give_back, executor))
            return
        while self.waiting:
            if self.waiting.popleft().begin(executor):
                return
        self.free.append(executor)

    def end_if_stuck(self) -> None:
        """Ends the process if half of its threads are stuck, because no thread can be ended. It is then replaced."""
        stuck = sum(executor.is_stuck() for executor in self.all)
        if stuck * 2 >= len(self.all):
            logger.critical(
                "%d of %d threads are in views that do not return: this process exits", stuck, len(self.all)
            )
            os.kill(os.getpid(), signal.SIGTERM)
