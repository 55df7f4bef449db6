"""Daphne's WebSocket in two thirds of its memory. Of ten thousand open WebSockets, almost all are idle.

`--websocket-class tricorn.daphne_lean:LeanWebSocket` chooses it.
"""

# ruff: noqa: N802  # names that Twisted and Autobahn gave

import asyncio

from daphne.server import WebSocketFactory

from tricorn.daphne_websocket import WebSocket
from tricorn.mailbox import WRITABLE, Mailbox


class LeanWebSocket(WebSocket):
    # With so many attributes, Python stores their names with each instance: over 3 kB. Autobahn copies its settings to
    # every connection. Slots for these halve that.
    __slots__ = (
        *WebSocketFactory.protocol.CONFIG_ATTRS,
        "fragments",
        "has_turn",
        "mailbox",
        "next_packet",
        "reply",
        "unread",
        "writable",
    )

    def start_flow_control(self) -> None:
        self.mailbox = Mailbox()  # type: ignore[assignment]
        self.writable = WRITABLE

    def onOpen(self) -> None:
        # Frees over 1 kB. Nothing reads the handshake any more: the application has its own copy in the scope.
        super().onOpen()
        self.http_headers.clear()
        self.http_request_data = self.http_response_data = b""

    def pauseProducing(self) -> None:
        if self.writable is WRITABLE:
            self.writable = asyncio.Event()
        super().pauseProducing()
