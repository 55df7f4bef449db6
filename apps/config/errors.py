"""Error answers, the same on every gateway: JSON for a client that asks for JSON, else a small page.

No template and no context processor: the error may be that one of them, or the database, does not work.
"""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html
from redis.exceptions import RedisError

# What is raised where the database or Valkey does not answer, or no connection of the pool comes free in time.
UNAVAILABLE = (OperationalError, InterfaceError, RedisError)

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
    # The same JSON keys wherever an error is answered; */* alone, a browser's or curl's, means the page.
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
    return error_response(
        request, HTTPStatus.BAD_REQUEST, "The request cannot be understood, or is for an unknown host."
    )


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
    """500; but 503 where all that has failed is UNAVAILABLE, be it in a group: a view may have several tasks.

    Here rather than in a middleware, because this sees what middlewares raise as well: a session that cannot be saved,
    say. Django calls it while it handles the exception, which is why `sys.exc_info` knows it.
    """
    if is_unavailable(sys.exc_info()[1]):
        response = error_response(
            request,
            HTTPStatus.SERVICE_UNAVAILABLE,
            "A service behind this page does not answer. Try again in a moment.",
        )
        response["Retry-After"] = "5"
        return response
    return error_response(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here, and it has been logged."
    )
