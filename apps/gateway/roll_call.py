"""Asks every gateway at once, through the proxy, with an asynchronous HTTP client."""

import asyncio
import functools
import ssl
import time
from typing import Any

import httpx
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse


@functools.cache
def tls() -> ssl.SSLContext:
    """Once for each process: to load the certificate authorities takes longer than the whole roll call."""
    return ssl.create_default_context()


# The key in the cache, which all gateways share, while a measurement runs.
MEASURING = "roll-call-measures"


class WaitForm(forms.Form):
    """`?waits=` requests to each gateway that wait `seconds` each.

    Both are limited, because under WSGI each request holds a thread. Only one measurement runs at a time on the whole
    site, because each becomes up to 96 requests.
    """

    waits = forms.IntegerField(required=False, min_value=1, max_value=32)
    seconds = forms.FloatField(required=False, min_value=0, max_value=2)


async def get(client: httpx.AsyncClient, name: str, path: str) -> dict[str, Any]:
    response = await client.get(settings.GATEWAYS[name] + path)
    response.raise_for_status()
    return response.json()


def longest(waits: int, seconds: float) -> float:
    """Timeout in seconds. If a gateway serves the requests one after the other, the last one is served late."""
    return 5 + waits * seconds


async def ask(client: httpx.AsyncClient, name: str, waits: int, seconds: float) -> dict[str, Any]:
    """One gateway's identity and its response time. A gateway that fails gives an `error` field, not an exception."""
    started = time.perf_counter()
    try:
        if waits:
            requests = (get(client, name, f"/hello/async/?seconds={seconds}") for _ in range(waits))
            await asyncio.gather(*requests)
            answer: dict[str, Any] = {"waits": waits, "seconds": seconds}
        else:
            answer = await get(client, name, "/gateway/")
    except httpx.HTTPStatusError as error:
        answer = {"error": f"HTTP {error.response.status_code}"}
    except (httpx.HTTPError, ValueError) as error:  # ValueError: the answer is not JSON
        answer = {"error": f"{type(error).__name__}: {error}".removesuffix(": ")}
    return {**answer, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


async def ask_every_gateway(waits: int = 0, seconds: float = 0) -> dict[str, dict[str, Any]]:
    """Answers by name of the gateway. Each call has its own client: a client belongs to one event loop, and under WSGI
    each request has its own event loop.
    """
    async with httpx.AsyncClient(
        base_url=settings.EDGE_URL,
        headers={"Host": settings.EDGE_HOST, "Accept": "application/json"},
        timeout=httpx.Timeout(longest(waits, seconds), connect=2),
        verify=tls(),
        # Proxy settings of the machine are for the internet, not for a container beside this one.
        trust_env=False,
    ) as client:
        answers = await asyncio.gather(*(ask(client, name, waits, seconds) for name in settings.GATEWAYS))
    return dict(zip(settings.GATEWAYS, answers, strict=True))


async def roll_call(request: HttpRequest) -> JsonResponse:
    """Which gateways answer? With `?waits=24&seconds=1`: how long do 24 requests of one second take on each gateway?

    The server asks, not the browser. A browser opens at most six HTTP/1.1 connections to one host, which would make all
    gateways equal.
    """
    form = WaitForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    waits, seconds = form.cleaned_data["waits"] or 0, form.cleaned_data["seconds"] or 0
    # The key expires in case this process is killed.
    if waits and not await cache.aadd(MEASURING, 1, timeout=longest(waits, seconds) + 5):
        errors = {"waits": ["Another roll call is in progress. Try again in a moment."]}
        return JsonResponse({"errors": errors}, status=429, headers={"Retry-After": "5"})
    try:
        answers = await ask_every_gateway(waits, seconds)
    finally:
        if waits:
            await cache.adelete(MEASURING)
    return JsonResponse({"asked_by": settings.GATEWAY, "gateways": answers})
