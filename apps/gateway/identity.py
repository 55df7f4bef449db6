"""Who serves this request?"""

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
    """Of the distribution that serves; looked up once, because that reads the disk."""
    if settings.GATEWAY_DISTRIBUTION == "python":
        return platform.python_version()
    try:
        return version(settings.GATEWAY_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"


def interface(request: HttpRequest) -> str:
    """What Django really got, whatever the environment claims."""
    if isinstance(request, ASGIRequest):
        return "ASGI"
    # PEP 3333: a server says so where the process ends with the request, which is what CGI does.
    return "CGI" if request.META.get("wsgi.run_once") else "WSGI"


def identity(request: HttpRequest) -> dict[str, Any]:
    """What /gateway/ answers."""
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
        # Each server is told by the proxy, in a way of its own, who the client is. Over a unix socket there is none.
        "remote_addr": request.META.get("REMOTE_ADDR", ""),
        "host": request.get_host(),
        "request_id": request.request_id,
        "python": platform.python_version(),
        "django": django.get_version(),
    }
