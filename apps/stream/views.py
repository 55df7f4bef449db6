"""Server-sent events: a response that continues."""

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
    """`?events=` (10) ticks, `?interval=` (1) seconds apart. Both are limited: a stream ends within 20 minutes."""

    events = forms.IntegerField(required=False, min_value=1, max_value=600)
    interval = forms.FloatField(required=False, min_value=0, max_value=2)


def tick(number: int) -> str:
    data = {"tick": number, "gateway": settings.GATEWAY, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    return f"id: {number}\nevent: tick\ndata: {json.dumps(data)}\n\n"


# Without a last event, a browser takes the end for a broken connection, and reconnects.
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
    """The first event that a browser has not received, if it reconnects after its stream broke or was ended."""
    last = request.headers.get("Last-Event-ID", "")
    return int(last) + 1 if last.isascii() and last.isdigit() and len(last) < 4 else 1


async def stream(request: HttpRequest) -> HttpResponseBase:
    form = StreamForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    events = form.cleaned_data["events"] or 10
    interval = 1 if form.cleaned_data["interval"] is None else form.cleaned_data["interval"]
    # The synchronous iterator works under ASGI too, and takes a thread there. The asynchronous one does not work under
    # WSGI: Django consumes all of it before it sends the first byte.
    source = ticks if isinstance(request, ASGIRequest) else ticks_in_a_thread
    return StreamingHttpResponse(
        source(first_of(request), events, interval),
        content_type="text/event-stream",
        # X-Accel-Buffering asks a proxy not to buffer the response. The gateways here set it themselves; others may
        # not.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
