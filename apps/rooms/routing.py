"""WebSocket URLs."""

from django.urls import re_path

from rooms.consumers import EchoConsumer, RoomConsumer, UnknownConsumer

websocket_urlpatterns = [
    re_path(r"^ws/echo/$", EchoConsumer.as_asgi()),
    # The name becomes part of a channel's name in Valkey.
    re_path(r"^ws/rooms/(?P<room>[A-Za-z0-9_-]{1,50})/$", RoomConsumer.as_asgi()),
    # Without a last resort, any other path would be an exception in the log and a 500 for the client.
    re_path(r"", UnknownConsumer.as_asgi()),
]
