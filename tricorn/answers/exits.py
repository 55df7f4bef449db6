"""sys.exit() and KeyboardInterrupt in a project become an error of that request: 500, logged like any other exception.

Neither Django nor a server here catches them. uWSGI ends the worker, with the requests of its other threads. gunicorn's
worker ends too. To gunicorn, exit codes 3 and 4 mean that no worker can start: it then stops as a whole. Daphne is one
process, and ends with every WebSocket. A library that calls sys.exit() is enough, for example an argument parser, or a
management command that a view calls.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ENDS = (SystemExit, KeyboardInterrupt)


class ExitedError(Exception):
    """Raised in place of an exception that would have ended the process."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{error!r} in the project, which would have ended the process")
        self.__cause__ = error


async def contain[T](work: Awaitable[T]) -> T:
    try:
        return await work
    except ENDS as error:
        raise ExitedError(error)  # noqa: B904  # it sets its cause itself


def containing(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a view inside Django, whose exception handling then answers 500."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def asynchronous(*arguments: object, **options: object) -> object:
            return await contain(view(*arguments, **options))

        return asynchronous

    @wraps(view)
    def synchronous(*arguments: object, **options: object) -> object:
        try:
            return view(*arguments, **options)
        except ENDS as error:
            raise ExitedError(error)  # noqa: B904  # it sets its cause itself

    return synchronous


def answering(
    get_response: Callable[[BaseHandler, HttpRequest], HttpResponseBase],
) -> Callable[[BaseHandler, HttpRequest], HttpResponseBase]:
    """Handles what a middleware raises."""

    @wraps(get_response)
    def wrapped(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        try:
            return get_response(handler, request)
        except ENDS as error:
            return response_for_exception(request, ExitedError(error))

    return wrapped


def answering_async(
    get_response: Callable[[BaseHandler, HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[BaseHandler, HttpRequest], Awaitable[HttpResponseBase]]:
    @wraps(get_response)
    async def wrapped(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        try:
            return await get_response(handler, request)
        except ENDS as error:
            return await sync_to_async(response_for_exception, thread_sensitive=False)(request, ExitedError(error))

    return wrapped


def install() -> None:
    """Patches Django in this process. Django passes each view through make_view_atomic before it calls it."""
    make_view_atomic = BaseHandler.make_view_atomic

    @wraps(make_view_atomic)
    def containing_view(handler: BaseHandler, view: Callable[..., Any]) -> Callable[..., Any]:
        return containing(make_view_atomic(handler, view))

    BaseHandler.make_view_atomic = containing_view
    BaseHandler.get_response = answering(BaseHandler.get_response)
    BaseHandler.get_response_async = answering_async(BaseHandler.get_response_async)
