"""ASGI's `send`: whether a response has begun, and a whole response of a wrapper's own."""

import json
from typing import Any

from asgiref.typing import ASGISendCallable, ASGISendEvent


class WatchedSend:
    """Passes messages to `send`, and remembers whether there were any: after that no other response can be sent."""

    __slots__ = ("has_begun", "send")

    def __init__(self, send: ASGISendCallable) -> None:
        self.send = send
        self.has_begun = False

    async def __call__(self, message: ASGISendEvent) -> None:
        self.has_begun = True
        await self.send(message)


async def send_json(send: ASGISendCallable, status: int, fields: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
    """Sends a complete response. Django has no part in it."""
    body = json.dumps(fields).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
