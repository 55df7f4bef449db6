"""A Django project in one file, with views that never return."""

import asyncio
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="stuck", ROOT_URLCONF=__name__, USE_TZ=True)

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from tricorn.threads import ThreadsMiddleware


def quick(request: HttpRequest) -> HttpResponse:
    return HttpResponse("quick")


def stuck(request: HttpRequest) -> HttpResponse:
    """Blocks a thread."""
    time.sleep(1e6)
    return HttpResponse("never")


async def blocking(request: HttpRequest) -> HttpResponse:
    """Blocks the event loop, and therefore all requests of its process."""
    time.sleep(1e6)  # noqa: ASYNC251  # the fault that is wanted
    return HttpResponse("never")


async def waiting(request: HttpRequest) -> HttpResponse:
    """Blocks nothing, and awaits for ever."""
    await asyncio.sleep(1e6)
    return HttpResponse("never")


urlpatterns = [
    path("livez", quick),
    path("quick/", quick),
    path("stuck/", stuck),
    path("blocking/", blocking),
    path("waiting/", waiting),
]
wsgi = get_wsgi_application()
asgi = ThreadsMiddleware(get_asgi_application(), threads=4)
