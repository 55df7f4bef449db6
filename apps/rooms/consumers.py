"""WebSockets: an echo, and rooms. Valkey takes a room's messages to clients of every ASGI gateway."""

import json
import logging
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from redis.exceptions import RedisError
from tricorn.channels_consumer import ThreadlessConsumer

logger = logging.getLogger(__name__)

# No channel layer has this name, so Channels gives the consumer none. With a layer, each echo would subscribe to a
# channel, and fail without Valkey.
NO_LAYER = "none"

TRY_AGAIN_LATER = 4503  # the close code that corresponds to HTTP 503

LONGEST_MESSAGE = 2000  # characters


class UnknownConsumer(ThreadlessConsumer):
    """Rejects the handshake with 403, the only response that every server can give before a WebSocket is open."""

    channel_layer_alias = NO_LAYER

    async def connect(self) -> None:
        await self.close()


class EchoConsumer(ThreadlessConsumer):
    """Sends each message back unchanged: text as text, bytes as bytes."""

    channel_layer_alias = NO_LAYER

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data, bytes_data=bytes_data)


def room_event(room: str, message: str) -> dict[str, Any]:
    """The event for everyone in the room, with which Channels calls `room_message`. `gateway` is the sender's."""
    return {"type": "room.message", "room": room, "message": message, "gateway": settings.GATEWAY}


class RoomConsumer(ThreadlessConsumer):
    """Receives `{"message": "..."}` and sends `{"room", "message", "gateway"}` to everyone in the room, the sender
    included.

    If a message is invalid or cannot be delivered, it answers `{"error": "..."}`; the connection stays open. Messages
    are delivered at most once: Valkey stores none for a client that is disconnected.
    """

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        # Channels subscribes before it calls `connect`. If Valkey is down, the error occurs here.
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
            logger.warning("client not removed from its room: %s", error)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads(text_data or "")["message"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return await self.complain('Send a JSON object like {"message": "hello"}.')
        if not isinstance(message, str) or not 1 <= len(message) <= LONGEST_MESSAGE:
            return await self.complain(f"A message must be a text of 1 to {LONGEST_MESSAGE} characters.")
        try:
            await self.channel_layer.group_send(self.group, room_event(self.room, message))
        except UnicodeEncodeError:
            # JSON may contain half a character, "\ud83d", which UTF-8 cannot encode.
            await self.complain("A message must be valid Unicode.")
        except RedisError as error:
            logger.warning("message not sent: %s", error)
            await self.complain("The message could not be delivered. Try again.")

    async def complain(self, reason: str) -> None:
        await self.send(json.dumps({"error": reason}))

    async def room_message(self, event: dict[str, Any]) -> None:
        await self.send(json.dumps({key: event[key] for key in ("room", "message", "gateway")}))
