"""Security headers: a function middleware that serves WSGI and ASGI natively.

Django 6.0 has a middleware for the Content-Security-Policy, and django-csp is another. Both are synchronous inside:
under ASGI each request would take hops to its thread and back. The setting is Django 6.0's, SECURE_CSP.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

# With DEBUG, Django's own pages for these statuses have inline styles and scripts.
DEBUG_PAGES = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)


def build_policy(directives: Mapping[str, Collection[str]]) -> str:
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


@sync_and_async_middleware
def security_headers_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Adds Content-Security-Policy from SECURE_CSP, and SECURITY_HEADERS, to each response.

    It does not replace a header of the response, so a view that needs another policy sets the header itself.
    """
    headers = {"Content-Security-Policy": build_policy(settings.SECURE_CSP), **settings.SECURITY_HEADERS}

    def protect(response: HttpResponseBase) -> HttpResponseBase:
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            for name, value in headers.items():
                response.headers.setdefault(name, value)
        return response

    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            return protect(await get_response(request))

    else:

        def middleware(request: HttpRequest) -> HttpResponseBase:
            return protect(get_response(request))

    return middleware
