"""WebSockets: an echo, and rooms whose messages reach clients of every ASGI gateway through Valkey."""

import json
import logging
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# The name of no channel layer, which is how Channels is told that a consumer needs none. With one, opening an echo
# would subscribe to a channel, and fail without Valkey.
NO_LAYER = "none"

TRY_AGAIN_LATER = 4503  # as HTTP 503

LONGEST_MESSAGE = 2000  # characters


class Consumer(AsyncWebsocketConsumer):
    """Handles messages without a thread. One that uses the database takes Channels' AsyncWebsocketConsumer instead."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own first has old database connections closed, for every message, in the one thread that all
        # WebSockets of a process share. These here have none; and two threads that wake each other ten thousand times
        # a second for one client's messages kept every other process of the machine waiting, for up to ten seconds.
        await getattr(self, get_handler_name(message))(message)


class UnknownConsumer(Consumer):
    """Refuses the handshake: 403, the only answer that every server can give before a WebSocket is open."""

    channel_layer_alias = NO_LAYER

    async def connect(self) -> None:
        await self.close()


class EchoConsumer(Consumer):
    """Sends each message back as it came: text as text, bytes as bytes."""

    channel_layer_alias = NO_LAYER

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data, bytes_data=bytes_data)


def room_event(room: str, message: str) -> dict[str, Any]:
    """A message for everyone in the room; `gateway` is the one whose client sent it. Channels calls `room_message` with
    it.
    """
    return {"type": "room.message", "room": room, "message": message, "gateway": settings.GATEWAY}


class RoomConsumer(Consumer):
    """Takes `{"message": "..."}` and sends `{"room", "message", "gateway"}` to everyone in the room, the sender
    included.

    What it cannot take or deliver is answered with `{"error": "..."}`; the connection stays open. Messages are
    delivered at most once: Valkey keeps none for a client that is away.
    """

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        # Channels subscribes before `connect` is called, so this is where a Valkey that is away shows.
        try:
            await super().__call__(scope, receive, send)
        except RedisError as error:
            logger.warning("room closed: %s", error)
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})

    async def connect(self) -> None:
        self.room: str = self.scope["url_route"]["kwargs"]["room"]
        self.group = f"room.{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        try:
            await self.channel_layer.group_discard(self.group, self.channel_name)
        except RedisError as error:
            logger.warning("room left without goodbye: %s", error)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads(text_data or "")["message"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return await self.complain('Send a JSON object like {"message": "hello"}.')
        if not isinstance(message, str) or not 1 <= len(message) <= LONGEST_MESSAGE:
            return await self.complain(f"A message is a text of 1 to {LONGEST_MESSAGE} characters.")
        try:
            await self.channel_layer.group_send(self.group, room_event(self.room, message))
        except UnicodeEncodeError:
            # JSON may hold half a character, "\ud83d", which no UTF-8 can carry on.
            await self.complain("A message is a text of whole characters.")
        except RedisError as error:
            logger.warning("message not sent: %s", error)
            await self.complain("The message could not be passed on. Try again.")

    async def complain(self, reason: str) -> None:
        await self.send(json.dumps({"error": reason}))

    async def room_message(self, event: dict[str, Any]) -> None:
        await self.send(json.dumps({key: event[key] for key in ("room", "message", "gateway")}))
