"""The same greeting from three kinds of views. Each waits for `?seconds=`; they differ in what the worker does
meanwhile.

Django serves each kind on each gateway. Under WSGI an asynchronous view runs in its own event loop, and its worker
waits for it. Under ASGI a synchronous view runs in its own thread.
"""

import asyncio
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views import View

from hello.forms import SecondsForm


def parse_seconds(request: HttpRequest) -> tuple[float, dict[str, Any]]:
    """Returns the seconds to wait, and the form's errors."""
    form = SecondsForm(request.GET)
    return (form.cleaned_data["seconds"] or 0.0, {}) if form.is_valid() else (0.0, form.errors)


def greet(view: str, seconds: float, errors: dict[str, Any]) -> JsonResponse:
    if errors:
        return JsonResponse({"errors": errors}, status=400)
    return JsonResponse({"hello": view, "gateway": settings.GATEWAY, "seconds": seconds})


def hello_sync(request: HttpRequest) -> JsonResponse:
    """Holds a thread while it waits."""
    seconds, errors = parse_seconds(request)
    time.sleep(seconds)
    return greet("sync", seconds, errors)


async def hello_async(request: HttpRequest) -> JsonResponse:
    """Lets the event loop serve other requests while it waits. `time.sleep` here would block all of them."""
    seconds, errors = parse_seconds(request)
    await asyncio.sleep(seconds)
    return greet("async", seconds, errors)


class HelloClass(View):
    """Asynchronous, because its handlers are. Django checks `get`, `post` and so on, which must all be of one kind."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        seconds, errors = parse_seconds(request)
        await asyncio.sleep(seconds)
        return greet("class", seconds, errors)
