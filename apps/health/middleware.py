"""Health checks: /livez and /readyz.

A middleware and no view, for two reasons. Before a view runs, CommonMiddleware refuses a host it does not know, and a
health check may use any. And under ASGI every synchronous middleware is a hop between threads: a process that has no
thread left, or whose database is stuck, must still be able to say that it is alive.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from health.readiness import OK, acheck, check


def answer(fields: dict[str, str], status: int = 200) -> JsonResponse:
    response = JsonResponse(fields, status=status)
    # Otherwise CommonMiddleware's work, and without it the server would send the few bytes in chunks.
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
