"""The ASGI application: HTTP goes to Django, WebSockets to Channels."""

import os

from middleware.handler import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# First, because it loads the apps, which the imports below need.
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from config import environment  # noqa: E402
from config.preload import preload  # noqa: E402
from middleware.threads import ThreadsMiddleware  # noqa: E402
from rooms import dispatch  # noqa: E402
from rooms.routing import websocket_urlpatterns  # noqa: E402
from uploads.asgi import FullDiskMiddleware  # noqa: E402

dispatch.install()
application = ProtocolTypeRouter(
    {
        "http": ThreadsMiddleware(FullDiskMiddleware(django_application), threads=environment.ASGI_THREADS),
        # A browser sends cookies with a WebSocket that any site opens, and no CSRF token protects it. So the Origin
        # header decides. A client without that header is rejected as well.
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
    }
)
preload()
