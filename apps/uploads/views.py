"""/upload/: a form, and the view that receives it.

Anyone may upload here, because this is a demonstration. A real project would require a login and limit what each user
stores. Uploads are never executed or displayed: the proxy serves them as attachments without a specific type.
"""

from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from tricorn.full_disk import FULL_DISK

from uploads.storage import NO_ROOM, store


def answer(request: HttpRequest, status: HTTPStatus, fields: dict[str, Any]) -> HttpResponse:
    """JSON, or HTML for a client that prefers it, as a browser does."""
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        return render(request, "uploads/upload.html", fields, status=status)
    return JsonResponse(fields, status=status)


# Exempt from CSRF, for two reasons. First, this view ignores cookies, so a forged form gains nothing; if your project
# requires a login, remove this. Second, the check would read the whole upload to find its token, before this view can
# handle a full disk.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "uploads/upload.html")
    try:
        file = request.FILES.get("file")  # reads the body, file by file, into FILE_UPLOAD_TEMP_DIR
        if file is None:
            return answer(request, HTTPStatus.BAD_REQUEST, {"errors": {"file": ["No file was sent."]}})
        stored = store(file)
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        for handler in request.upload_handlers:
            # Removes the temporary file now, not when the request is garbage-collected. Closing it writes what is still
            # buffered, which fails again.
            with suppress(OSError):
                handler.upload_interrupted()
        return answer(request, HTTPStatus.INSUFFICIENT_STORAGE, NO_ROOM)
    return answer(request, HTTPStatus.CREATED, stored.as_dict())
