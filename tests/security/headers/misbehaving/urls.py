"""Views that misbehave, with the sample project's error pages."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret")


async def fail_asynchronously(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret")


def say(request: HttpRequest) -> HttpResponse:
    """Sends the headers that the query string names."""
    return HttpResponse("said", headers=dict(request.GET.items()))


urlpatterns = [
    path("fail/", fail),
    path("fail/async/", fail_asynchronously),
    path("say/", say),
    path("", include("config.urls")),
]

handler500 = "tricorn.errors.server_error"
