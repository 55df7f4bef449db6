"""A bounded number of threads for HTTP under ASGI.

Django runs all synchronous code of a request in one thread, which a database connection needs. Left alone, it makes a
new thread for every request and keeps it until the answer is complete: for an asynchronous view too, as middlewares and
signals are synchronous. A hundred requests that only wait are a hundred threads then, and those that meet the
container's limit of processes are answered 500, health checks included.
"""

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

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


class ThreadsMiddleware:
    """Lends each request one of `threads` threads of this process, and answers 503 when none comes free in time."""

    def __init__(self, application: ASGI3Application, threads: int) -> None:
        self.application = application
        # Last in, first out: a quiet process keeps to a few threads.
        self.lanes: asyncio.LifoQueue[Lane] = asyncio.LifoQueue()
        self.all = [Lane(f"lane-{number}") for number in range(threads)]
        for lane in self.all:
            self.lanes.put_nowait(lane)
        # For /livez alone. Each of them would otherwise have a thread made for it, without bound.
        self.spare = Lane("lane-livez")

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["path"] == "/livez":
            # A process that is busy is alive; restarting it would only make the others busier.
            async with ThreadSensitiveContext(executor=self.spare):
                return await self.application(scope, receive, send)
        try:
            async with asyncio.timeout(PATIENCE):
                lane = await self.lanes.get()
        except TimeoutError:
            self.end_if_lost()
            return await self.refuse(send)
        try:
            async with ThreadSensitiveContext(executor=lane):
                await self.application(scope, receive, send)
        finally:
            self.give_back(lane)

    def give_back(self, lane: Lane) -> None:
        oldest = next(iter(list(lane.work)), None)
        if oldest is None:
            self.lanes.put_nowait(lane)
        else:
            # The client is gone and the view still runs: whoever got this thread now would wait for it.
            loop = asyncio.get_running_loop()
            oldest.add_done_callback(lambda _: loop.call_soon_threadsafe(self.give_back, lane))

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
