"""A bounded number of threads for HTTP under ASGI.

Django runs all synchronous code of a request in one thread, which a database connection needs. Left alone, it makes a
new thread for every request and keeps it until the answer is complete: for an asynchronous view too, as middlewares and
signals are synchronous. A hundred requests that only wait are a hundred threads then, and those that meet the
container's limit of processes are answered 500, health checks included.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

# Seconds that a request waits for a thread.
PATIENCE = 5

BODY = json.dumps(
    {"status": 503, "error": "Service Unavailable", "detail": "Too many requests at once. Try again in a moment."}
).encode()


class Lane(ThreadPoolExecutor):
    """One thread, made when first needed, that knows whether it still works."""

    last: Future | None = None

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        self.last = super().submit(fn, *args, **kwargs)
        return self.last


class ThreadsMiddleware:
    """Lends each request one of `threads` threads of this process, and answers 503 when none comes free in time."""

    def __init__(self, application: ASGI3Application, threads: int) -> None:
        self.application = application
        # Last in, first out: a quiet process keeps to a few threads.
        self.lanes: asyncio.LifoQueue[Lane] = asyncio.LifoQueue()
        for number in range(threads):
            self.lanes.put_nowait(Lane(max_workers=1, thread_name_prefix=f"lane-{number}"))

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["path"] == "/livez":
            # A process that is busy is alive; restarting it would only make the others busier.
            return await self.application(scope, receive, send)
        try:
            async with asyncio.timeout(PATIENCE):
                lane = await self.lanes.get()
        except TimeoutError:
            return await self.refuse(send)
        try:
            async with ThreadSensitiveContext(executor=lane):
                await self.application(scope, receive, send)
        finally:
            self.give_back(lane)

    def give_back(self, lane: Lane) -> None:
        if lane.last is None or lane.last.done():
            self.lanes.put_nowait(lane)
        else:
            # The client is gone and the view still runs: whoever got this thread now would wait for it.
            loop = asyncio.get_running_loop()
            lane.last.add_done_callback(lambda _: loop.call_soon_threadsafe(self.lanes.put_nowait, lane))

    async def refuse(self, send: ASGISendCallable) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
            (b"retry-after", b"5"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})
