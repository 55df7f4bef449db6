"""manage.py say ROOM MESSAGE: sends a message to everyone in a room, from a shell without WebSocket and event loop."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.management.base import BaseCommand, CommandParser

from rooms.consumers import room_event


@async_to_sync
async def say(room: str, message: str) -> None:
    """As a decorator, async_to_sync leaves only the synchronous function. That is right if nothing ever awaits it."""
    await get_channel_layer().group_send(f"room.{room}", room_event(room, message))


class Command(BaseCommand):
    help = "Send a message to everyone in a room."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("room")
        parser.add_argument("message")

    def handle(self, *args: object, **options: object) -> None:
        say(options["room"], options["message"])
