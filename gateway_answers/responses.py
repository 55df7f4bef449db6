"""Django's responses (4.2 to 6), with what a server needs to know of them, and without three surprises."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from functools import wraps

import django
from asgiref.sync import sync_to_async
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from gateway_answers import exits

# The versions that this was written for; any other stays as it is.
VERSIONS = (4, 2), (7,)

# A synchronous iterator under ASGI has its request's thread for so many bytes, or seconds, before the client has to
# have taken them. Two pieces that are further apart are a turn each.
TURN_BYTES, TURN_SECONDS = 256 * 1024, 0.05
# FileResponse reads 4 kB at once unless its class says otherwise: of 600 MB that is 150,000 messages.
DEFAULT_BLOCK, BLOCK = 4096, 64 * 1024

# Statuses whose answers have no body, and so no length.
WITHOUT_BODY = (204, 304)


def name_length(response: HttpResponseBase) -> HttpResponseBase:
    """Gives a complete answer its Content-Length, as CommonMiddleware does: what has none is a stream."""
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
    """The pieces of a synchronous iterator, each as soon as it is there, taken in the request's thread.

    The thread is free again between two turns. If it waited in the iterator for the client, synchronous code of a
    middleware that has wrapped the response would wait for it for ever.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
    is_left = threading.Event()

    def take_turn() -> bool:
        """Whether there may be more."""
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
        # Behind its last piece; also where the turn fails, or never comes.
        turn.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while (piece := await arrived.get()) is not None:
                yield piece
        except BaseException:  # the client is gone
            is_left.set()
            with suppress(Exception):
                await turn
            raise
        is_more = await turn


# Django (5.2) makes a list of all pieces before it sends the first: a file of 600 MB takes 700 MB of memory, and of a
# generator that takes 20 s nothing is seen for 20 s. https://docs.djangoproject.com/en/5.2/ref/request-response/
django_s_aiter = StreamingHttpResponse.__aiter__


async def piece_by_piece(response: StreamingHttpResponse) -> AsyncIterator[bytes]:
    """In the place of StreamingHttpResponse.__aiter__."""
    if getattr(response, "block_size", None) == DEFAULT_BLOCK:
        response.block_size = BLOCK
    pieces = django_s_aiter(response) if response.is_async else in_turns(response.streaming_content)
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


django_s_gzip = GZipMiddleware.process_response


def compress(middleware: GZipMiddleware, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """In the place of GZipMiddleware.process_response: leaves alone what would arrive late, or not at all.

    The compressor of a synchronous iterator keeps small pieces until it has enough of them. Each piece of an
    asynchronous one becomes a gzip file of its own, and clients such as curl take the first for the whole.
    """
    is_events = response.headers.get("Content-Type", "").startswith("text/event-stream")
    if is_events or (response.streaming and response.is_async):
        return response
    return django_s_gzip(middleware, request, response)


def install() -> None:
    """Makes Django's classes do so, in this process."""
    lowest, bound = VERSIONS
    if lowest <= django.VERSION < bound:
        BaseHandler.get_response = naming_length(BaseHandler.get_response)
        BaseHandler.get_response_async = naming_length_async(BaseHandler.get_response_async)
        StreamingHttpResponse.__aiter__ = piece_by_piece
        GZipMiddleware.process_response = compress
        exits.install()
