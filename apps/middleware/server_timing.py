"""How long Django took for a response: a class middleware that serves WSGI and ASGI natively."""

import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase


class ServerTimingMiddleware:
    """Adds `Server-Timing: app;dur=MILLISECONDS;desc="THREAD", id;desc="THREAD"` to the response.

    The two threads are those in which this middleware and the request id's ran. On an ASGI gateway both are the event
    loop's, MainThread, like an asynchronous view's (`thread` of /async/gateway/): there was no hop. On a WSGI gateway
    all three are the worker's thread.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            # To Python, an instance with an `async def __call__` is not a coroutine function. Without this mark, Django
            # would treat the middleware as synchronous.
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.acall(request)
        started = time.perf_counter()
        return self.stamp(request, self.get_response(request), started)

    async def acall(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        return self.stamp(request, await self.get_response(request), started)

    def stamp(self, request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
        milliseconds = (time.perf_counter() - started) * 1000
        here, there = threading.current_thread().name, request.identified_on
        response["Server-Timing"] = f'app;dur={milliseconds:.1f};desc="{here}", id;desc="{there}"'
        return response
