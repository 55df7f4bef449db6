"""Which gateway and process serve a request."""

import os
import platform
import threading
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest


@cache
def server_version() -> str:
    """Version of the server's distribution. Cached, because the look-up reads the disk."""
    if settings.GATEWAY_DISTRIBUTION == "python":
        return platform.python_version()
    try:
        return version(settings.GATEWAY_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"


def interface(request: HttpRequest) -> str:
    """The interface through which Django really got the request, whatever the environment says."""
    if isinstance(request, ASGIRequest):
        return "ASGI"
    # PEP 3333: wsgi.run_once means that the process serves one request and ends, as with CGI.
    return "CGI" if request.META.get("wsgi.run_once") else "WSGI"


def identity(request: HttpRequest) -> dict[str, Any]:
    """The JSON fields of /gateway/."""
    return {
        "gateway": settings.GATEWAY,
        "server": settings.GATEWAY_SERVER,
        "version": server_version(),
        "interface": interface(request),
        "protocol": settings.GATEWAY_PROTOCOL,
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "thread": threading.current_thread().name,
        "scheme": request.scheme,
        # The proxy passes the client's address to each server in a different way. A Unix socket has none.
        "remote_addr": request.META.get("REMOTE_ADDR", ""),
        "host": request.get_host(),
        "request_id": request.request_id,
        "python": platform.python_version(),
        "django": django.get_version(),
    }
