"""WebSocket URLs."""

from django.urls import re_path

from rooms.consumers import EchoConsumer, RoomConsumer, UnknownConsumer

websocket_urlpatterns = [
    re_path(r"^ws/echo/$", EchoConsumer.as_asgi()),
    # The name becomes part of a group's name in Valkey.
    re_path(r"^ws/rooms/(?P<room>[A-Za-z0-9_-]{1,50})/$", RoomConsumer.as_asgi()),
    # Without this fallback, any other path would log an exception and answer 500.
    re_path(r"", UnknownConsumer.as_asgi()),
]
