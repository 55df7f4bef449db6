"""A bounded number of threads for HTTP under ASGI.

Django runs all synchronous code of a request in one thread, which a database connection needs, and makes a new one for
every request, without bound: those that meet the container's limit of processes are answered 500, health checks
included. Here a request is lent a thread once it has synchronous code to run, until its answer is complete. One that
only waits has none (handler.py, native.py), and any number of them may wait.
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

# Seconds that a request waits for a thread.
PATIENCE = 5
# Seconds in one synchronous call after which a thread counts as lost: the proxy has given its request up by then.
LOST = 60

BODY = json.dumps(
    {"status": 503, "error": "Service Unavailable", "detail": "Too many requests at once. Try again in a moment."}
).encode()


class Lane(ThreadPoolExecutor):
    """One thread, made when first needed, that knows what it has to do, and since when."""

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
    """None came free in time. Not an Exception, for no middleware and no error handler is to make an answer of it."""


def is_no_thread(error: BaseException) -> bool:
    """Also of a group; what else has failed in it is logged, for nobody else sees it."""
    if isinstance(error, BaseExceptionGroup):
        missing, rest = error.split(NoThread)
        if missing and rest:
            logger.error("failed beside what got no thread: %s", rest, exc_info=rest)
        return missing is not None
    return isinstance(error, NoThread)


class Loan(Executor):
    """A request's thread: lent for its first piece of synchronous code, which waits here until there is one."""

    def __init__(self, threads: "ThreadsMiddleware") -> None:
        self.threads = threads
        self.lane: Lane | None = None
        self.pending: list[tuple[Future, Callable[[], Any]]] = []

    @property
    def was_used(self) -> bool:
        return self.lane is not None

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """asgiref calls this on the event loop."""
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
        """What waits, without that which nobody waits for any more."""
        pending, self.pending = self.pending, []
        return [it for it in pending if it[0].set_running_or_notify_cancel()]

    def take(self, lane: Lane) -> bool:
        """Puts what waits on a lane that has come free; whether there was anything."""
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
    """Lends requests `threads` threads of this process, and answers 503 when none comes free in time."""

    def __init__(self, application: ASGI3Application, threads: int) -> None:
        self.application = application
        self.all = [Lane(f"lane-{number}") for number in range(threads)]
        # Last in, first out: a quiet process keeps to a few threads.
        self.free = list(self.all)
        self.waiting: deque[Loan] = deque()
        # For /livez alone, should it be a synchronous view: a process that is busy is alive, and its restart would make
        # the others busier.
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
            # A TaskGroup of the view's has it among others, or in a group inside.
            if not is_no_thread(error):
                raise
            if has_begun:
                raise ConnectionAbortedError("no thread came free for the rest of the answer") from None
            return await self.refuse(send)
        finally:
            if loan.lane is not None:
                self.give_back(loan.lane)

    def give_back(self, lane: Lane) -> None:
        oldest = next(iter(list(lane.work)), None)
        if oldest is not None:
            # The client is gone and the view still runs: whoever got this thread now would wait for it.
            loop = asyncio.get_running_loop()
            oldest.add_done_callback(lambda _: loop.call_soon_threadsafe(self.give_back, lane))
            return
        while self.waiting:
            if self.waiting.popleft().take(lane):
                return
        self.free.append(lane)

    def end_if_lost(self) -> None:
        """A thread cannot be ended, but a process can, and is replaced: better than one that answers 503 for good."""
        lost = sum(lane.is_lost() for lane in self.all)
        if lost * 2 >= len(self.all):
            logger.critical("%d of %d threads are in views that do not return: this process ends", lost, len(self.all))
            os.kill(os.getpid(), signal.SIGTERM)

    async def refuse(self, send: ASGISendCallable) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
            (b"retry-after", b"5"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})
