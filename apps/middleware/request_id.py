"""The id of the request: a function middleware that serves WSGI and ASGI natively."""

import re
import threading
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

# For log records (config/logs.py). Set for each request and never reset: Django logs an error answer after the last
# middleware is done. A WSGI thread overwrites it with its next request, and under ASGI it goes with the request's task.
current_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

VALID = re.compile(r"[0-9a-f]{32}")


def identify(request: HttpRequest) -> None:
    """Take the proxy's X-Request-ID, so that its log and ours can be joined; anything but 32 hex digits would end up in
    logs.
    """
    request_id = request.headers.get("X-Request-ID", "")
    if not VALID.fullmatch(request_id):
        request_id = uuid.uuid4().hex
    request.request_id = request_id
    # Shown by the Server-Timing header: whoever doubts that this middleware stays on the caller's thread can look.
    request.identified_on = threading.current_thread().name
    current_request_id.set(request_id)


@sync_and_async_middleware
def request_id_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Sets `request.request_id`. The response header is the proxy's business, which sets it on its own answers too.

    The decorator only says that both modes are served. Which one it is, `get_response` tells: return a coroutine
    function for a coroutine function, else Django wraps this middleware, and each request goes to a thread and back.
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
