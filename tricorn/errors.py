"""Error responses, the same on every gateway: JSON for a client that asks for JSON, otherwise a small page.

    handler400 = "tricorn.errors.bad_request"  # in the root URLconf
    handler403 = "tricorn.errors.forbidden"
    handler404 = "tricorn.errors.not_found"
    handler500 = "tricorn.errors.server_error"
    CSRF_FAILURE_VIEW = "tricorn.errors.csrf_failure"  # in the settings

They use no template and no context processor: the error may be that one of these, or the database, does not work.
"""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html

# The errors that mean: the database or Valkey does not answer, or no connection of the pool became free in time.
UNAVAILABLE: tuple[type[Exception], ...] = (OperationalError, InterfaceError)
try:
    from redis.exceptions import RedisError
except ImportError:
    """The project does not use Valkey."""
else:
    UNAVAILABLE += (RedisError,)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{status} {phrase}</title>
<h1>{status} {phrase}</h1>
<p>{detail}</p>
<p>Request <code>{request_id}</code></p>
</html>
"""


def error_response(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    # The same JSON keys in every error response. */* alone, which browsers and curl send, gets the page.
    fields = {
        "status": status.value,
        "error": status.phrase,
        "detail": detail,
        "request_id": getattr(request, "request_id", ""),
    }
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(fields, status=status)
    return HttpResponse(format_html(PAGE, phrase=status.phrase, **fields), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPStatus.BAD_REQUEST, "The request is invalid, or for an unknown host.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPStatus.FORBIDDEN, "This is not allowed.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_response(request, HTTPStatus.FORBIDDEN, f"The form could not be verified: {reason}")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPStatus.NOT_FOUND, "There is nothing at this address.")


def is_unavailable(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.split(UNAVAILABLE)[1] is None
    return isinstance(error, UNAVAILABLE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answers 500, or 503 if all that failed is UNAVAILABLE. That includes a group of errors, from a view's tasks.

    A middleware would not see errors of other middleware, for example a session that cannot be saved. Django calls this
    while it handles the exception, so `sys.exc_info` has it.
    """
    if is_unavailable(sys.exc_info()[1]):
        response = error_response(
            request,
            HTTPStatus.SERVICE_UNAVAILABLE,
            "A service that this page needs does not answer. Try again in a moment.",
        )
        response["Retry-After"] = "5"
        return response
    return error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "An internal error occurred. It has been logged.")
