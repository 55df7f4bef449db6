"""Django's responses (4.2 to 6): each complete one has a length, and streams are sent piece by piece."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from functools import wraps

from asgiref.sync import sync_to_async
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from tricorn import versions
from tricorn.answers import exits

# Under ASGI, a synchronous iterator uses its request's thread for at most so many bytes or seconds. Then the client has
# to take them before the next turn. Two pieces that are further apart take one turn each.
TURN_BYTES, TURN_SECONDS = 256 * 1024, 0.05
# FileResponse reads 4 kB at once unless its class sets another size: 600 MB would be 150,000 messages.
DEFAULT_BLOCK, BLOCK = 4096, 64 * 1024

# Statuses whose answers have no body, and therefore no length.
WITHOUT_BODY = (204, 304)


def name_length(response: HttpResponseBase) -> HttpResponseBase:
    """Sets the Content-Length of a complete answer, as CommonMiddleware does. An answer without one is a stream."""
    if (
        not response.streaming
        and "Content-Length" not in response.headers
        and response.status_code >= 200
        and response.status_code not in WITHOUT_BODY
    ):
        response.headers["Content-Length"] = str(len(response.content))
    return response


def naming_length(
    get_response: Callable[[BaseHandler, HttpRequest], HttpResponseBase],
) -> Callable[[BaseHandler, HttpRequest], HttpResponseBase]:
    @wraps(get_response)
    def wrapped(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        return name_length(get_response(handler, request))

    return wrapped


def naming_length_async(
    get_response: Callable[[BaseHandler, HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[BaseHandler, HttpRequest], Awaitable[HttpResponseBase]]:
    @wraps(get_response)
    async def wrapped(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        return name_length(await get_response(handler, request))

    return wrapped


async def in_turns(iterator: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a synchronous iterator, each as soon as the iterator yields it. It runs in the request's thread.

    Between two turns the thread is free. If it waited for the client inside the iterator, it would block for ever: a
    middleware that has wrapped the response may need the same thread for synchronous code.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
    is_left = threading.Event()

    def take_turn() -> bool:
        """Returns whether the iterator may have more pieces."""
        size, started = 0, time.monotonic()
        for piece in iterator:
            loop.call_soon_threadsafe(arrived.put_nowait, piece)
            size += len(piece)
            if size >= TURN_BYTES or time.monotonic() - started >= TURN_SECONDS or is_left.is_set():
                return True
        return False

    is_more = True
    while is_more:
        turn = asyncio.ensure_future(sync_to_async(take_turn)())
        # Marks the end of the turn, after its last piece. Also called if the turn fails, or never starts.
        turn.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while (piece := await arrived.get()) is not None:
                yield piece
        except BaseException:  # the client has left
            is_left.set()
            with suppress(Exception):
                await turn
            raise
        is_more = await turn


# Django (5.2) makes a list of all pieces before it sends the first. A file of 600 MB takes 700 MB of memory, and a
# generator that runs for 20 s sends nothing for 20 s. https://docs.djangoproject.com/en/5.2/ref/request-response/
django_s_aiter = StreamingHttpResponse.__aiter__


async def piece_by_piece(response: StreamingHttpResponse) -> AsyncIterator[bytes]:
    """Replaces StreamingHttpResponse.__aiter__."""
    if getattr(response, "block_size", None) == DEFAULT_BLOCK:
        response.block_size = BLOCK
    pieces = django_s_aiter(response) if response.is_async else in_turns(response.streaming_content)
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


django_s_gzip = GZipMiddleware.process_response


def compress(middleware: GZipMiddleware, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Replaces GZipMiddleware.process_response: does not compress events, nor streams from an asynchronous iterator.

    For a synchronous iterator, the compressor keeps small pieces until it has enough, so events would arrive late. Each
    piece of an asynchronous iterator becomes a gzip file of its own, and clients such as curl read only the first.
    """
    is_events = response.headers.get("Content-Type", "").startswith("text/event-stream")
    if is_events or (response.streaming and response.is_async):
        return response
    return django_s_gzip(middleware, request, response)


def install() -> None:
    """Patches Django's classes in this process, unless it is a version that this was not written for."""
    if versions.check():
        BaseHandler.get_response = naming_length(BaseHandler.get_response)
        BaseHandler.get_response_async = naming_length_async(BaseHandler.get_response_async)
        StreamingHttpResponse.__aiter__ = piece_by_piece
        GZipMiddleware.process_response = compress
        exits.install()
