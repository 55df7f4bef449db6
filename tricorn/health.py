"""Health checks: /livez and /readyz. In MIDDLEWARE, put it before all that may answer or block.

This is a middleware, not a view, for two reasons. Before any view runs, CommonMiddleware rejects an unknown host, and a
health check may use any host. And under ASGI every synchronous middleware is a hop between threads. A process that has
no free thread, or whose database is stuck, must still be able to report that it is alive.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from tricorn.readiness import OK, acheck, check


def answer(fields: dict[str, str], status: int = 200) -> JsonResponse:
    response = JsonResponse(fields, status=status)
    # CommonMiddleware would set it. Without it, the server would send these few bytes in chunks.
    response["Content-Length"] = str(len(response.content))
    return response


def alive() -> JsonResponse:
    return answer({"status": "alive"})


def readiness(found: dict[str, str]) -> JsonResponse:
    return answer(found, status=200 if all(state == OK for state in found.values()) else 503)


@sync_and_async_middleware
def health_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            match request.path_info:
                case "/livez":
                    return alive()
                case "/readyz":
                    return readiness(await acheck())
            return await get_response(request)

    else:

        def middleware(request: HttpRequest) -> HttpResponseBase:
            match request.path_info:
                case "/livez":
                    return alive()
                case "/readyz":
                    return readiness(check())
            return get_response(request)

    return middleware
