"""A Django project in one file, whose answers are large, slow, endless, or do not match their headers."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path
from django.utils.decorators import sync_and_async_middleware

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="answering",
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        MIDDLEWARE=["answering.leaving", "django.middleware.gzip.GZipMiddleware"],
    )

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application


def note(request: HttpRequest) -> None:
    """One write a line, so that lines of several processes do not mix. ../conftest.py reads them."""
    os.write(2, f"ran {request.get_full_path()}\n".encode())


def number(request: HttpRequest, name: str, otherwise: float) -> float:
    return float(request.GET.get(name, otherwise))


def quick(request: HttpRequest) -> HttpResponse:
    return HttpResponse("quick")


def whole(request: HttpRequest) -> HttpResponse:
    """A complete answer. No middleware of this project sets its length."""
    return HttpResponse(b"w" * int(number(request, "bytes", 1)), status=int(number(request, "status", 200)))


def file(request: HttpRequest) -> FileResponse:
    """Sends `mb` MB of a sparse file, which takes no disk space."""
    name = Path(os.environ["FILE_UPLOAD_TEMP_DIR"], f"large-{os.getpid()}")
    with name.open("wb") as sparse:
        sparse.truncate(int(number(request, "mb", 1)) * 1_000_000)
    opened = name.open("rb")
    name.unlink()
    return FileResponse(opened, content_type="application/octet-stream")


def pieces(request: HttpRequest) -> Iterator[bytes]:
    for count in range(int(number(request, "pieces", 3))):
        yield b"%d:%.3f\n" % (count, time.time())
        time.sleep(number(request, "interval", 0))
    if "fail" in request.GET:
        raise RuntimeError("in the middle of a stream")


async def pieces_asynchronously(request: HttpRequest) -> AsyncIterator[bytes]:
    for count in range(int(number(request, "pieces", 3))):
        yield b"%d:%.3f\n" % (count, time.time())
        await asyncio.sleep(number(request, "interval", 0))
    if "fail" in request.GET:
        raise RuntimeError("in the middle of a stream")


def rows(request: HttpRequest) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces(request), content_type=request.GET.get("type", "text/csv"))
    if "buffering" in request.GET:
        response["X-Accel-Buffering"] = request.GET["buffering"]
    return response


def rows_asynchronously(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces_asynchronously(request), content_type=request.GET.get("type", "text/csv"))


def promise(request: HttpRequest) -> HttpResponseBase:
    """A body of `sent` bytes, in one piece or in several, with a Content-Length of `promised`."""
    note(request)
    body = b"b" * int(number(request, "sent", 0))
    headers = {"Content-Length": request.GET["promised"]}
    if "pieces" in request.GET:
        return StreamingHttpResponse((body[at : at + 1] for at in range(len(body))), headers=headers)
    return HttpResponse(body, headers=headers)


def head(request: HttpRequest) -> HttpResponse:
    """A body, and a header of `bytes` bytes."""
    note(request)
    return HttpResponse("body", headers={"X-Large": "h" * int(number(request, "bytes", 0))})


def die(request: HttpRequest) -> NoReturn:
    """Ends its process, as if the kernel killed it for its memory."""
    note(request)
    os._exit(9)


def leave(request: HttpRequest) -> NoReturn:
    """Exits, like a library that calls sys.exit()."""
    note(request)
    if request.GET["place"] == "interrupted-view":
        raise KeyboardInterrupt
    sys.exit(int(request.GET["code"]))


async def leave_asynchronously(request: HttpRequest) -> NoReturn:
    leave(request)


def leaves(request: HttpRequest) -> bool:
    return request.path == "/exit/" and request.GET["place"] == "middleware"


@sync_and_async_middleware
def leaving(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    async def asynchronous(request: HttpRequest) -> HttpResponseBase:
        return leave(request) if leaves(request) else await get_response(request)

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return leave(request) if leaves(request) else get_response(request)

    return asynchronous if iscoroutinefunction(get_response) else synchronous


urlpatterns = [
    path("exit/", leave),
    path("async-exit/", leave_asynchronously),
    path("livez", quick),
    path("quick/", quick),
    path("whole/", whole),
    path("file/", file),
    path("rows/", rows),
    path("async-rows/", rows_asynchronously),
    path("promise/", promise),
    path("head/", head),
    path("async/head/", head),
    path("ws/head/", head),
    path("die/", die),
    path("async/die/", die),
]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
