"""The request's id: a function middleware that serves WSGI and ASGI natively."""

import re
import threading
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

# For log records (logs.py). Set for each request and never reset, because Django logs an error response after
# the last middleware has ended. A WSGI thread overwrites it with its next request. Under ASGI it ends with the
# request's task.
current_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

VALID = re.compile(r"[0-9a-f]{32}")


def identify(request: HttpRequest) -> None:
    """Takes the proxy's X-Request-ID, so that its log and the project's can be joined. Accepts only 32 hex digits,
    because the id is logged.
    """
    request_id = request.headers.get("X-Request-ID", "")
    if not VALID.fullmatch(request_id):
        request_id = uuid.uuid4().hex
    request.request_id = request_id
    # Under ASGI this is the event loop's thread, unless a synchronous middleware before this one has cost a hop.
    request.identified_on = threading.current_thread().name
    current_request_id.set(request_id)


@sync_and_async_middleware
def request_id_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Sets `request.request_id`, and `request.identified_on`, the name of the thread.

    The proxy sets the response header, because it sets it on its own responses too.

    The decorator only declares that both modes are served. The kind of `get_response` decides: for a coroutine
    function, return a coroutine function. Otherwise Django wraps this middleware, and each request goes to a thread and
    back.
    """
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            identify(request)
            return await get_response(request)

    else:

        def middleware(request: HttpRequest) -> HttpResponseBase:
            identify(request)
            return get_response(request)

    return middleware
