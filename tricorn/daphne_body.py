"""Request bodies that stay on disk until the application asks for them.

Twisted writes a large body to a file. Then Daphne (4.2.3) reads all of it into the application's queue at once: an
upload of 100 MiB takes as much memory. Here the queue has only notes of what to read.
"""

from collections.abc import Awaitable, Callable
from typing import IO, Any

from daphne.http_protocol import WebRequest
from twisted.internet.defer import Deferred

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]


class Part:
    """`length` bytes of a body, from offset `start` in its file."""

    def __init__(self, file: IO[bytes], start: int, length: int) -> None:
        self.file, self.start, self.length = file, start, length

    def __len__(self) -> int:
        return self.length

    def read(self) -> bytes:
        self.file.seek(self.start)
        return self.file.read(self.length)


class Body:
    """Twisted's file, for Daphne, which reads it with a size for the queue: each read is a Part. For a WebSocket's
    handshake Daphne reads it without a size, and gets nothing. Otherwise it would hold the whole body in memory,
    however long, and take its bytes for frames.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.length, self.position = file, file.seek(0, 2), 0
        file.seek(0)

    def read(self, size: int | None = None) -> Part | bytes:
        if size is None:
            return b""
        part = Part(self.file, self.position, min(size, self.length - self.position))
        self.position += len(part)
        return part

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)


class Request(WebRequest):
    def __repr__(self) -> str:
        """Leaves the query out, which Twisted's has. Daphne logs this if a view runs for 10 s after its client left."""
        return f"<{self.method.decode('latin-1')} {self.path!r}>"

    def process(self) -> Deferred[None]:
        self.content = Body(self.content)
        return super().process()


def read_late(application: Application) -> Application:
    """Wraps an ASGI application: it gets each part of a body as bytes, at the time when it asks for it."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        async def receive_bytes() -> Message:
            message = await receive()
            if isinstance(message.get("body"), Part):
                try:
                    return {**message, "body": message["body"].read()}
                except ValueError:
                    # Twisted has closed the file: the client has left.
                    return {"type": "http.disconnect"}
            return message

        await application(scope, receive_bytes, send)

    # A WebSocket has no body. Ten thousand of them save one stack frame each without the wrapper.
    return lambda scope, receive, send: (wrapped if scope["type"] == "http" else application)(scope, receive, send)
