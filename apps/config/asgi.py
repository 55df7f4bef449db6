"""The ASGI application: HTTP goes to Django, WebSockets to Channels."""

import os

from tricorn.handler import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# First, because it loads the apps, which the imports below need.
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from tricorn import channels_dispatch  # noqa: E402
from tricorn.full_disk import FullDiskMiddleware  # noqa: E402
from tricorn.preload import preload  # noqa: E402
from tricorn.threads import ThreadsMiddleware  # noqa: E402

from config import environment  # noqa: E402
from rooms.routing import websocket_urlpatterns  # noqa: E402
from uploads.storage import NO_ROOM  # noqa: E402

# For the rooms: `disconnect` is always called, also for a client that is reset in a busy room.
channels_dispatch.install()
application = ProtocolTypeRouter(
    {
        "http": ThreadsMiddleware(FullDiskMiddleware(django_application, NO_ROOM), threads=environment.ASGI_THREADS),
        # A browser sends cookies with a WebSocket that any site opens, and no CSRF token protects it. So the Origin
        # header decides. A client without that header is rejected as well.
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
    }
)
preload()
