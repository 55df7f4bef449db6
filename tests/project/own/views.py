"""Views for the tests of a documented project, included at the end of urls.py, after the page's snippets."""

import logging
import os
from urllib.parse import quote

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

GATEWAY = os.environ.get("GATEWAY")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(f"a view is broken on {GATEWAY}")


def told(request: HttpRequest) -> HttpResponse:
    logging.getLogger("mysite.views").info("told on %s: %s", GATEWAY, request.GET.get("text", ""))
    return HttpResponse("told")


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


@csrf_exempt
def store(request: HttpRequest) -> HttpResponse:
    """Saves the body as ?name=, with the mode ?mode= if given."""
    mode = request.GET.get("mode")
    storage = FileSystemStorage(**({"file_permissions_mode": int(mode, 8)} if mode else {}))
    storage.delete(request.GET["name"])
    return HttpResponse(storage.save(request.GET["name"], ContentFile(request.body)))


def private(request: HttpRequest) -> HttpResponse:
    """As in docs/your-project.md: sends the named file to clients with the key, and to no others."""
    if request.GET.get("key") != "right":
        return HttpResponse(status=403)
    return HttpResponse(
        content_type="application/pdf",
        headers={
            "X-Accel-Redirect": "/.nginx/private/" + quote(request.GET["name"]),
            "Content-Disposition": 'attachment; filename="report.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


urlpatterns = [path("broken", broken), path("told", told), path("form", form), path("store", store)]
urlpatterns += [path("private", private)]
