"""A bounded number of threads for HTTP under ASGI.

Django runs all synchronous code of a request in one thread, because a database connection needs that. It creates a new
thread for every request, without a limit. Requests beyond the container's limit of processes receive 500, health checks
included. Here a request leases a thread from its first synchronous code until its response is complete. A request that
only awaits I/O has no thread (handler.py, native.py), so their number is not limited.
"""

import asyncio
import json
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
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

logger = logging.getLogger(__name__)

# Seconds for which a request waits for a thread.
PATIENCE = 5
# Seconds in one synchronous call after which a thread counts as stuck. By then the proxy has given up its request.
LOST = 60

BODY = json.dumps(
    {"status": 503, "error": "Service Unavailable", "detail": "Too many requests at once. Try again in a moment."}
).encode()


class Lane(ThreadPoolExecutor):
    """One thread, created when first needed, with a list of its calls and the time at which each was submitted."""

    def __init__(self, name: str) -> None:
        super().__init__(max_workers=1, thread_name_prefix=name)
        self.work: dict[Future, float] = {}  # seconds of time.monotonic(), oldest first

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = super().submit(fn, *args, **kwargs)
        self.work[future] = time.monotonic()
        future.add_done_callback(self.work.pop)
        return future

    def is_lost(self) -> bool:
        return any(time.monotonic() - since > LOST for since in list(self.work.values()))


class NoThread(BaseException):
    """No thread became free in time. A BaseException, so that no middleware or error handler makes a response of it."""


def is_no_thread(error: BaseException) -> bool:
    """Also finds it in a group. What else failed in the group is logged, because nothing else reports it."""
    if isinstance(error, BaseExceptionGroup):
        missing, rest = error.split(NoThread)
        if missing and rest:
            logger.error("failed in the same group as a task that got no thread: %s", rest, exc_info=rest)
        return missing is not None
    return isinstance(error, NoThread)


class Loan(Executor):
    """A request's lease of a thread. It begins with the first synchronous code, which waits here until one is free."""

    def __init__(self, threads: "ThreadsMiddleware") -> None:
        self.threads = threads
        self.lane: Lane | None = None
        self.pending: list[tuple[Future, Callable[[], Any]]] = []

    @property
    def was_used(self) -> bool:
        return self.lane is not None

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Called by asgiref on the event loop."""
        if self.lane is None and self.threads.free:
            self.lane = self.threads.free.pop()
        if self.lane is not None:
            return self.lane.submit(fn, *args, **kwargs)
        if not self.pending:
            self.threads.waiting.append(self)
            asyncio.get_running_loop().call_later(PATIENCE, self.give_up)
        promised: Future[T] = Future()
        self.pending.append((promised, partial(fn, *args, **kwargs)))
        return promised

    def still_wanted(self) -> list[tuple[Future, Callable[[], Any]]]:
        """Removes and returns the pending calls, without those that were cancelled."""
        pending, self.pending = self.pending, []
        return [it for it in pending if it[0].set_running_or_notify_cancel()]

    def take(self, lane: Lane) -> bool:
        """Submits the pending calls to a thread that has become free. Returns whether there were any."""
        wanted = self.still_wanted()
        for promised, call in wanted:
            self.lane = lane
            lane.submit(call).add_done_callback(partial(hand_over, promised))
        return bool(wanted)

    def give_up(self) -> None:
        if self.pending:
            self.threads.waiting.remove(self)
            self.threads.end_if_lost()
            for promised, _ in self.still_wanted():
                promised.set_exception(NoThread())


def hand_over(promised: Future, done: Future) -> None:
    if error := done.exception():
        promised.set_exception(error)
    else:
        promised.set_result(done.result())


class ThreadsMiddleware:
    """Leases `threads` threads of this process to requests. A request that gets none in time receives 503."""

    def __init__(self, application: ASGI3Application, threads: int) -> None:
        self.application = application
        self.all = [Lane(f"lane-{number}") for number in range(threads)]
        # Last in, first out, so a quiet process uses few threads.
        self.free = list(self.all)
        self.waiting: deque[Loan] = deque()
        # Only for /livez, which may be a synchronous view. A busy process is alive, and its restart would make the
        # others busier.
        self.spare = Lane("lane-livez")

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["path"] == "/livez":
            async with ThreadSensitiveContext(executor=self.spare):
                return await self.application(scope, receive, send)
        loan = Loan(self)
        has_begun = False

        async def watch(message: ASGISendEvent) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            async with ThreadSensitiveContext(executor=loan):
                await self.application(scope, receive, watch)
        except (NoThread, BaseExceptionGroup) as error:
            # A view's TaskGroup raises a group that may contain it, also in a group inside.
            if not is_no_thread(error):
                raise
            if has_begun:
                raise ConnectionAbortedError("no thread became free for the rest of the response") from None
            return await self.refuse(send)
        finally:
            if loan.lane is not None:
                self.give_back(loan.lane)

    def give_back(self, lane: Lane) -> None:
        oldest = next(iter(list(lane.work)), None)
        if oldest is not None:
            # The client has left and the view still runs. A request that got this thread now would wait for that view.
            loop = asyncio.get_running_loop()
            oldest.add_done_callback(lambda _: loop.call_soon_threadsafe(self.give_back, lane))
            return
        while self.waiting:
            if self.waiting.popleft().take(lane):
                return
        self.free.append(lane)

    def end_if_lost(self) -> None:
        """Ends the process if half of its threads are stuck, because no thread can be ended. It is then replaced."""
        lost = sum(lane.is_lost() for lane in self.all)
        if lost * 2 >= len(self.all):
            logger.critical("%d of %d threads are in views that do not return: this process exits", lost, len(self.all))
            os.kill(os.getpid(), signal.SIGTERM)

    async def refuse(self, send: ASGISendCallable) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
            (b"retry-after", b"5"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})
