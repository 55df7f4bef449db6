"""Server-sent events: an answer that goes on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from django import forms
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse


class StreamForm(forms.Form):
    """`?events=` (10) ticks, `?interval=` (1) seconds apart. Bounded: the stream ends by itself, at most after 20
    minutes.
    """

    events = forms.IntegerField(required=False, min_value=1, max_value=600)
    interval = forms.FloatField(required=False, min_value=0, max_value=2)


def tick(number: int) -> str:
    data = {"tick": number, "gateway": settings.GATEWAY, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    return f"id: {number}\nevent: tick\ndata: {json.dumps(data)}\n\n"


# Without a last word a browser takes the end for a broken connection, and asks again.
LAST = "event: end\ndata: {}\n\n"


async def ticks(first: int, events: int, interval: float) -> AsyncIterator[str]:
    for number in range(first, events + 1):
        yield tick(number)
        if number < events:
            await asyncio.sleep(interval)
    yield LAST


def ticks_in_a_thread(first: int, events: int, interval: float) -> Iterator[str]:
    for number in range(first, events + 1):
        yield tick(number)
        if number < events:
            time.sleep(interval)
    yield LAST


def first_of(request: HttpRequest) -> int:
    """What a browser has not had yet, when it connects again after a stream broke off or a WSGI gateway ended it."""
    last = request.headers.get("Last-Event-ID", "")
    return int(last) + 1 if last.isascii() and last.isdigit() and len(last) < 4 else 1


async def stream(request: HttpRequest) -> HttpResponseBase:
    form = StreamForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    events = form.cleaned_data["events"] or 10
    interval = 1 if form.cleaned_data["interval"] is None else form.cleaned_data["interval"]
    # The synchronous kind works under ASGI too, and takes a thread there. The asynchronous kind does not work under
    # WSGI, where Django consumes it whole before it sends the first byte.
    source = ticks if isinstance(request, ASGIRequest) else ticks_in_a_thread
    return StreamingHttpResponse(
        source(first_of(request), events, interval),
        content_type="text/event-stream",
        # The second asks a proxy that collects answers before it passes them on not to. The gateways here say it by
        # themselves; others may not.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
