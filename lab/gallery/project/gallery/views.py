"""The views that the gallery's tests request from every server."""

import hashlib
import time

from django.core.cache import cache
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from students.models import Student

MIB = 1024 * 1024


# Exempt from CSRF: it reports what it received, and stores nothing.
@csrf_exempt
def told(request: HttpRequest) -> JsonResponse:
    """The facts of the request that the server passed to Django, and the length and sum of its body."""
    body = request.body
    return JsonResponse(
        {
            "method": request.method,
            "scheme": request.scheme,
            "is_secure": request.is_secure(),
            "host": request.get_host(),
            "remote_addr": request.META.get("REMOTE_ADDR"),
            "path": request.path,
            "full_path": request.get_full_path(),
            "query": dict(request.GET.lists()),
            "request_id": request.META.get("HTTP_X_REQUEST_ID"),
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )


def large(_: HttpRequest) -> HttpResponse:
    """10 MiB in which each MiB has another byte, so that their order is visible."""
    return HttpResponse(
        b"".join(number.to_bytes(1) * MIB for number in range(10)), content_type="application/octet-stream"
    )


def waiting(request: HttpRequest) -> JsonResponse:
    """Records its `id` for /begun/, which shows that a worker has it, and waits for `seconds`."""
    cache.set(f"begun-{request.GET['id']}", True, timeout=60)
    time.sleep(float(request.GET["seconds"]))
    return JsonResponse({"waited": request.GET["seconds"]})


def begun(request: HttpRequest) -> JsonResponse:
    """The given ids whose requests have begun."""
    return JsonResponse({"begun": [it for it in request.GET.getlist("id") if cache.get(f"begun-{it}")]})


async def blocking(_: HttpRequest) -> JsonResponse:
    """A mistake: a call that blocks without `await`. Everything that this event loop serves stops for a second."""
    time.sleep(1)  # noqa: ASYNC251
    return JsonResponse({"blocked": 1})


async def orm(_: HttpRequest) -> JsonResponse:
    """Another mistake: the ORM called as in a synchronous view. Django refuses that on an event loop."""
    try:
        return JsonResponse({"students": Student.objects.count()})
    except SynchronousOnlyOperation as error:
        return JsonResponse({"error": type(error).__name__}, status=500)
