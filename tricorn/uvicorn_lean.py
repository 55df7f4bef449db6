"""uvicorn's WebSocket in two thirds of its memory. Of ten thousand open WebSockets, almost all are idle.

tricorn.gunicorn_worker.LeanWorker uses it.
"""

import asyncio

from uvicorn._types import ASGISendEvent

from tricorn.mailbox import WRITABLE, Mailbox
from tricorn.uvicorn_websocket import WebSocket


class LeanWebSocket(WebSocket):
    # With more than 30 attributes, Python stores their names with each instance: over 1 kB. So some of uvicorn's
    # attributes have slots.
    __slots__ = ("client", "conn", "frames", "queue", "request", "response", "scheme", "scope", "server", "writable")

    def start_flow_control(self) -> None:
        self.queue = Mailbox()  # type: ignore[assignment]
        self.writable = WRITABLE

    def pause_writing(self) -> None:
        if self.writable is WRITABLE:
            self.writable = asyncio.Event()
        super().pause_writing()

    async def send(self, message: ASGISendEvent) -> None:
        is_new = not self.handshake_complete
        await super().send(message)
        if is_new and self.handshake_complete:
            # Frees 2 kB. Nothing reads these headers any more: the application has its own copy in the scope.
            self.request.headers.clear()
            self.response.headers.clear()
