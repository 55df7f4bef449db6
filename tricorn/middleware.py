"""Django's own middleware, natively asynchronous wherever it does not block.

Under ASGI, Django runs each of these in the request's thread, once before the view and once after it, although most of
them only read headers. These subclasses stay on the event loop. They use the thread only to read or write a session, or
to read the body of a form. In all else, and under WSGI, they are Django's classes.

    MIDDLEWARE = ["tricorn.middleware.SecurityMiddleware", ...]

(!) `check --deploy` looks for Django's class names. With these subclasses, silence W001, W002 and W003.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware as DjangoMessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware as DjangoXFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware as DjangoCsrfViewMiddleware
from django.middleware.security import SecurityMiddleware as DjangoSecurityMiddleware

from tricorn import versions

versions.check("asgi")

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")  # those for which CsrfViewMiddleware does not read the body


class NativeMixin:
    """Replaces MiddlewareMixin's asynchronous half. A subclass says when it would block; then the thread is used."""

    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]

    def waits_before(self, request: HttpRequest) -> bool:
        """Whether `process_request` would block the event loop."""
        return False

    def waits_after(self, request: HttpRequest) -> bool:
        """Whether `process_response` would block the event loop."""
        return False

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = None
        if process_request := getattr(self, "process_request", None):
            if self.waits_before(request):
                process_request = sync_to_async(process_request, thread_sensitive=True)
                response = await process_request(request)
            else:
                response = process_request(request)
        response = response or await self.get_response(request)
        if process_response := getattr(self, "process_response", None):
            if self.waits_after(request):
                return await sync_to_async(process_response, thread_sensitive=True)(request, response)
            response = process_response(request, response)
        return response


class SecurityMiddleware(NativeMixin, DjangoSecurityMiddleware):
    pass


class CommonMiddleware(NativeMixin, DjangoCommonMiddleware):
    pass


class XFrameOptionsMiddleware(NativeMixin, DjangoXFrameOptionsMiddleware):
    pass


class AuthenticationMiddleware(NativeMixin, DjangoAuthenticationMiddleware):
    """Only defines `request.user`, which is looked up at its first use."""


class SessionMiddleware(NativeMixin, DjangoSessionMiddleware):
    """Only saves the session, which is read at its first use."""

    def waits_after(self, request: HttpRequest) -> bool:
        return settings.SESSION_SAVE_EVERY_REQUEST or getattr(getattr(request, "session", None), "modified", False)


class MessageMiddleware(NativeMixin, DjangoMessageMiddleware):
    """Messages are read at their first use, and stored if there are new ones or if some were shown."""

    def waits_after(self, request: HttpRequest) -> bool:
        messages = getattr(request, "_messages", None)
        return messages is not None and (getattr(messages, "used", True) or getattr(messages, "added_new", True))


class CsrfViewMiddleware(NativeMixin, DjangoCsrfViewMiddleware):
    """The token is in a cookie, or with CSRF_USE_SESSIONS in the session. A form's token is in the body."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        if self.async_mode:
            # If this is not a coroutine function, Django calls it in the thread.
            self.process_view = self.aprocess_view

    def waits_before(self, request: HttpRequest) -> bool:
        return settings.CSRF_USE_SESSIONS

    def waits_after(self, request: HttpRequest) -> bool:
        return settings.CSRF_USE_SESSIONS

    async def aprocess_view(
        self,
        request: HttpRequest,
        callback: Callable[..., Any],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        process_view = super().process_view
        if request.method in SAFE_METHODS or getattr(callback, "csrf_exempt", False):
            return process_view(request, callback, callback_args, callback_kwargs)
        return await sync_to_async(process_view, thread_sensitive=True)(
            request, callback, callback_args, callback_kwargs
        )
