"""A base class for WebSocket consumers that do not use the database: it handles messages without a thread."""

from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer


class ThreadlessConsumer(AsyncWebsocketConsumer):
    """If a consumer uses the database, derive it from Channels' AsyncWebsocketConsumer."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        # For every message, Channels' own first closes old database connections. It does so in the one thread that all
        # WebSockets of a process share. These consumers have no connections. One client's messages made two threads
        # wake each other ten thousand times a second: every other process of the machine waited, for up to ten seconds.
        await getattr(self, get_handler_name(message))(message)
