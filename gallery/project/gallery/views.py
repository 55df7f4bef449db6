"""What the gallery's tests ask of every server."""

import hashlib
import time

from django.core.cache import cache
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from students.models import Student

MIB = 1024 * 1024


# Exempt from CSRF: it tells what came, and keeps nothing.
@csrf_exempt
def told(request: HttpRequest) -> JsonResponse:
    """What the server told Django of the request, and what became of its body."""
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
    """10 MiB that do not compress to nothing, and whose order shows."""
    return HttpResponse(
        b"".join(number.to_bytes(1) * MIB for number in range(10)), content_type="application/octet-stream"
    )


def waiting(request: HttpRequest) -> JsonResponse:
    """Lets /begun/ know by its `id` that it is in a worker's hands, and waits for so many `seconds`."""
    cache.set(f"begun-{request.GET['id']}", True, timeout=60)
    time.sleep(float(request.GET["seconds"]))
    return JsonResponse({"waited": request.GET["seconds"]})


def begun(request: HttpRequest) -> JsonResponse:
    """Which of the given ids' requests have begun."""
    return JsonResponse({"begun": [it for it in request.GET.getlist("id") if cache.get(f"begun-{it}")]})


async def blocking(_: HttpRequest) -> JsonResponse:
    """The mistake: a call that waits without `await`. All that this event loop serves stands still for a second."""
    time.sleep(1)  # noqa: ASYNC251
    return JsonResponse({"blocked": 1})


async def orm(_: HttpRequest) -> JsonResponse:
    """The other one: the ORM called as in a synchronous view. Django refuses it where an event loop runs."""
    try:
        return JsonResponse({"students": Student.objects.count()})
    except SynchronousOnlyOperation as error:
        return JsonResponse({"error": type(error).__name__}, status=500)
