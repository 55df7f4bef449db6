"""A project in one file that answers every request with what it received, as JSON, and logs each request."""

import hashlib
import json
import locale
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, JsonResponse
from django.urls import re_path

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="echo",
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    )

from actor import act
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

django_wsgi = get_wsgi_application()
django_asgi = get_asgi_application()


def tell(request: HttpRequest, body: bytes) -> JsonResponse:
    return JsonResponse(
        {
            "interface": "ASGI" if isinstance(request, ASGIRequest) else "WSGI",
            "META": {name: value for name, value in request.META.items() if isinstance(value, str)},
            "method": request.method,
            "path": request.path,
            "path_info": request.path_info,
            "full_path": request.get_full_path(),
            "absolute_uri": request.build_absolute_uri(),
            "scheme": request.scheme,
            "is_secure": request.is_secure(),
            "host": request.get_host(),
            "port": request.get_port(),
            "GET": dict(request.GET.lists()),
            "COOKIES": request.COOKIES,
            "content_type": request.content_type,
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )


def echo(request: HttpRequest) -> JsonResponse:
    return tell(request, request.body)


def unread(request: HttpRequest) -> JsonResponse:
    """Does not read the body. If a gateway takes the rest for the next request, the log shows that request."""
    return tell(request, b"")


def fail(request: HttpRequest) -> JsonResponse:
    raise RuntimeError("as it was told")


def text(request: HttpRequest) -> JsonResponse:
    """Stores the upload under its name, as Django does, and reads and writes text with Python's default encoding."""
    storage = FileSystemStorage(location=tempfile.mkdtemp(dir="/tmp"))  # the container's own
    name = storage.save(request.FILES["file"].name, request.FILES["file"])
    path = Path(storage.path(name))
    read = path.read_text()
    copy = path.with_name("copy.txt")
    copy.write_text(read)
    return JsonResponse(
        {
            "name": name,
            "listed": name in storage.listdir("")[1],
            "read": read,
            "written": copy.read_bytes().decode(),
            "file_names": sys.getfilesystemencoding(),
            "texts": locale.getpreferredencoding(False).lower(),
        }
    )


urlpatterns = [re_path("^unread/", unread), re_path("^fail/", fail), re_path("^text/", text), re_path("", echo)]


async def tell_websocket(scope: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    told = {
        **{name: scope.get(name) for name in ("path", "root_path", "client", "subprotocols")},
        "scheme": scope.get("scheme", "ws"),  # optional in ASGI, with this default; Daphne omits it
        "headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
    }
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": json.dumps(told)})
    await send({"type": "websocket.close"})


def note(method: str, path: str) -> None:
    """One write a line, so that lines of several processes do not mix. tests/support/echo/__init__.py reads them."""
    os.write(2, f"saw {json.dumps([method, path])}\n".encode())


# Outside Django: requests that Django itself rejects are logged too.
def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    note(environ["REQUEST_METHOD"], environ["PATH_INFO"])
    return django_wsgi(environ, start_response)


async def asgi(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    note(scope.get("method", scope["type"]), scope["path"])
    if scope["type"] == "websocket" and scope["path"] == "/act/":
        await act(scope, receive, send, note)
    elif scope["type"] == "websocket":
        await tell_websocket(scope, send)
    else:
        await django_asgi(scope, receive, send)
