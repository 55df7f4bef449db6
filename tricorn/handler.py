"""Django's ASGI handler, without the two thread hops of every request.

Whatever the view does, Django goes to the request's thread and back to send `request_started`. It does so again to
close the response, which sends `request_finished`. By default only Django's own receivers listen, and manage the
database connections of each thread. A request that has not used its thread has no connections there, so this handler
stays on the event loop. If the request has used its thread, if other receivers listen, or if there is a file to close,
the handler uses the thread as Django does.

With DEBUG it always does what Django does.

    from tricorn.handler import get_asgi_application  # instead of django.core.asgi

(!) Connections that outlive a request need Django's way. Keep CONN_MAX_AGE at 0 under ASGI, as Django recommends.
"""

import asyncio
from contextlib import suppress

import django
from asgiref.sync import SyncToAsync, sync_to_async
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from django.core.cache import close_caches
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler as DjangoASGIHandler
from django.core.handlers.asgi import get_script_prefix
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponseBase
from django.urls import set_script_prefix

from tricorn import versions

# The receivers of every Django. They manage this thread's connections and this context's URLs, and do not block.
HARMLESS = {reset_queries, close_old_connections, close_caches, reset_urlconf}


def only_django_listens(signal: Signal, sender: type) -> bool:
    if settings.DEBUG:
        # With DEBUG each connection keeps a list of its queries. reset_queries empties those of the thread in which it
        # is called. The event loop's thread has none, so a request would find the queries of earlier requests.
        return False
    synchronous, asynchronous = signal._live_receivers(sender)  # there is no public interface for this
    return not asynchronous and HARMLESS.issuperset(synchronous)


def thread_was_used() -> bool:
    """Whether synchronous code of this request has run in the request's own thread."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.get(context) if context else None
    # Django creates an executor when it first needs one. A leased executor exists before that, and has `was_used`.
    return executor is not None and getattr(executor, "was_used", True)


class ASGIHandler(DjangoASGIHandler):
    async def handle(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """A copy of Django 5.2's, with another way to send `request_started`, and `finish`. A test detects changes."""
        try:
            body_file = await self.read_body(receive)
        except RequestAborted:
            return
        set_script_prefix(get_script_prefix(scope))
        if only_django_listens(request_started, type(self)):
            request_started.send(sender=type(self), scope=scope)
        else:
            await request_started.asend(sender=type(self), scope=scope)
        request, error_response = self.create_request(scope, body_file)
        if request is None:
            body_file.close()
            await self.send_response(error_response, send)
            await sync_to_async(error_response.close)()
            return

        async def answer() -> HttpResponseBase:
            response = await self.run_get_response(request)
            with suppress(asyncio.CancelledError):  # the client has left
                await self.send_response(response, send)
            return response

        disconnect = asyncio.create_task(self.listen_for_disconnect(receive))
        answering = asyncio.create_task(answer())
        await asyncio.wait((disconnect, answering), return_when=asyncio.FIRST_COMPLETED)
        for task in (disconnect, answering):
            if task.done():
                try:
                    task.result()
                except RequestAborted:
                    pass
                except AssertionError:
                    body_file.close()
                    raise
            else:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        try:
            response = answering.result()
        except asyncio.CancelledError:
            await request_finished.asend(sender=type(self))
        else:
            await self.finish(request, response)
        body_file.close()

    async def finish(self, request: HttpRequest, response: HttpResponseBase) -> None:
        waits = (
            thread_was_used()
            or not only_django_listens(request_finished, type(self))
            # Uploaded files, or files that were sent.
            or getattr(request, "_files", None)
            or response._resource_closers != [request.close]
        )
        if waits:
            await sync_to_async(response.close)()
        else:
            response.close()


def get_asgi_application() -> ASGIHandler:
    """Replaces django.core.asgi.get_asgi_application()."""
    django.setup(set_prefix=False)
    versions.check("asgi")
    return ASGIHandler()
