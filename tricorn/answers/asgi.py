"""The wrapper of the ASGI application: it enforces Content-Length, and marks streams for nginx.

All gateways treat a wrong Content-Length alike, and it never affects the next answer on the same connection. A body
that is too long is cut at its Content-Length; without this, gunicorn sent nothing of it, and Daphne all. If a body is
too short, the connection is closed, so that the client sees at once that something is missing. Without this, the client
waited for 60 s behind Daphne.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from inspect import markcoroutinefunction
from typing import Any

from tricorn.answers import exits, responses
from tricorn.answers.begun import HEADERS, STATUS, BegunBeforeError, begun

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)


class TooShortError(Exception):
    """Raised after a body that is too short. The server logs it and closes the connection."""


class Answer:
    """One answer on its way to the server."""

    __slots__ = ("is_over", "left", "scope", "to_server")

    def __init__(self, scope: Message, send: Send) -> None:
        self.scope, self.to_server = scope, send
        self.left: int | None = None  # bytes of the body that Content-Length still promises
        self.is_over = False

    async def send(self, message: Message) -> None:
        if self.is_over:
            # Drops the rest. This turn of the event loop lets the project learn that nobody reads it.
            await asyncio.sleep(0)
        elif message["type"] == "http.response.start":
            await self.to_server(self.begin(message))
        elif message["type"] == "http.response.body":
            await self.send_body(message)
        else:
            await self.to_server(message)

    def begin(self, message: Message) -> Message:
        headers = list(message.get("headers", ()))
        lower = {name.lower(): value for name, value in headers}
        if message["status"] < 200 or message["status"] in responses.WITHOUT_BODY:
            return message
        length = lower.get(b"content-length")
        if length is not None:
            if self.scope["method"] != "HEAD" and length.isdigit():
                self.left = int(length)
            return message
        # A stream: nginx must pass each piece on at once. nginx buffers complete answers, however slow the client is.
        if b"x-accel-buffering" not in lower:
            headers.append((b"x-accel-buffering", b"no"))
        # The project ends this stream later. Meanwhile no other request may follow on this connection.
        if self.scope["method"] == "HEAD":
            headers.append((b"connection", b"close"))
        return {**message, "headers": headers}

    async def send_body(self, message: Message) -> None:
        body, is_more = message.get("body", b""), message.get("more_body", False)
        if self.scope["method"] == "HEAD":
            # Otherwise Daphne sends the second piece of a stream, and both servers read a whole file for nothing.
            self.is_over = True
            await self.to_server({"type": "http.response.body"})
        elif self.left is None:
            await self.to_server(message)
        elif len(body) > self.left:
            self.is_over = True
            logger.error("%s: the body is longer than its Content-Length, and was truncated", self.scope["path"])
            await self.to_server({"type": "http.response.body", "body": body[: self.left]})
        else:
            self.left -= len(body)
            if is_more or not self.left:
                await self.to_server(message)
            else:
                await self.to_server({**message, "more_body": True})
                raise TooShortError(f"{self.scope['path']}: {self.left} bytes less than its Content-Length")


async def refuse(send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": STATUS, "headers": headers})
    await send({"type": "http.response.body"})


async def answer(application: Application, scope: Message, receive: Receive, send: Send) -> None:
    try:
        place = begun.begin(next((value for name, value in scope["headers"] if name == b"x-request-id"), None))
    except BegunBeforeError:
        return await refuse(send)
    try:
        await exits.contain(application(scope, receive, Answer(scope, send).send))
    finally:
        begun.end(place)


def wrap(application: Application) -> Application:
    responses.install()

    def wrapped(scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            return answer(application, scope, receive, send)
        return exits.contain(application(scope, receive, send))

    # Not a coroutine function: ten thousand WebSockets save two stack frames each. uvicorn checks for the mark.
    return markcoroutinefunction(wrapped)
