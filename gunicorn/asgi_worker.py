"""The UvicornWorker with the settings that gunicorn's own configuration cannot reach."""

import os
import sys
from typing import Any, ClassVar

from asgi_server import DrainingServer
from gateway_answers import asgi
from gunicorn.arbiter import Arbiter
from uvicorn_worker import UvicornWorker

REQUEST_TIMEOUT = int(os.environ.get("REQUEST_TIMEOUT", "30"))


class AsgiWorker(UvicornWorker):
    """uvicorn's settings for each worker: https://www.uvicorn.org/settings/"""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        # uvloop and httptools by name: where one is missing the start fails, instead of being three times slower.
        "loop": "uvloop",
        # httptools, as asgi_http.py has it.
        "http": "asgi_http:Http",
        # uvicorn's own, with bounds to what one client can take. By default it takes an older one, which is deprecated.
        "ws": "asgi_websocket:WebSocket",
        # Django speaks no lifespan; asking it for one is an error in the log at every start.
        "lifespan": "off",
        # Seconds that open connections get after SIGTERM. Without it a WebSocket client or an endless stream holds the
        # worker until gunicorn kills it.
        "timeout_graceful_shutdown": max(30, REQUEST_TIMEOUT) - 5,
        # Bytes a message, as Daphne has it; uvicorn's default is 16 MiB, memory that any client could take.
        "ws_max_size": int(os.environ.get("WEBSOCKET_MESSAGE_BYTES", str(1024 * 1024))),
        # A ping every 20 s keeps proxies from closing an idle connection, and finds clients that are gone.
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        # Per-message deflate takes memory for each connection, and lets a small message unfold into a large one.
        "ws_per_message_deflate": False,
        # The path that the site is below, /app say: nginx takes it off, and uvicorn puts it before every path again,
        # as ASGI wants it.
        "root_path": os.environ.get("URL_PREFIX", ""),
        # nginx has the access log.
        "access_log": False,
        "server_header": False,
    }

    async def _serve(self) -> None:
        # As it is in uvicorn_worker 0.4, but for the class, and for what becomes of answers (gateway_answers/asgi.py).
        self.config.app = asgi.wrap(self.wsgi)
        server = DrainingServer(config=self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
