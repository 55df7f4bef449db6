"""gunicorn's UvicornWorker, with those settings of uvicorn that gunicorn's configuration cannot reach.

gunicorn chooses it: `--worker-class tricorn.gunicorn_worker.Worker`, or LeanWorker for thousands of WebSockets.
"""

import os
import sys
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from uvicorn_worker import UvicornWorker

from tricorn import versions
from tricorn.answers import asgi
from tricorn.limits import REQUEST_TIMEOUT
from tricorn.uvicorn_server import DrainingServer, refuse_new_connections_first


class Worker(UvicornWorker):
    """uvicorn's settings in each worker: https://www.uvicorn.org/settings/"""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        # uvloop and httptools by name: if one is missing, the start fails. For small views the fallbacks are slow.
        "loop": "uvloop",
        # httptools, extended.
        "http": "tricorn.uvicorn_http:Http",
        # uvicorn's newer implementation, with limits for each client. The default is an older one that is deprecated.
        "ws": "tricorn.uvicorn_websocket:WebSocket",
        # Django does not support lifespan. Each start would log an error.
        "lifespan": "off",
        # Seconds that open connections may go on after SIGTERM. Without it, a WebSocket or an endless stream delays the
        # stop until gunicorn kills the worker.
        "timeout_graceful_shutdown": max(30, REQUEST_TIMEOUT) - 5,
        # Largest message in bytes, the same as Daphne's. uvicorn's default is 16 MiB, memory that any client could use.
        "ws_max_size": int(os.environ.get("WEBSOCKET_MESSAGE_BYTES", str(1024 * 1024))),
        # A ping every 20 s keeps proxies from closing an idle connection, and detects clients that have left.
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        # Per-message deflate uses memory for each connection, and lets a small message expand to a large one.
        "ws_per_message_deflate": False,
        # The path below which the site is served, for example /app. nginx removes it, and uvicorn puts it before each
        # path again, as ASGI requires.
        "root_path": os.environ.get("URL_PREFIX", ""),
        # nginx has the access log.
        "access_log": False,
        "server_header": False,
    }

    @classmethod
    def check_config(cls, cfg: Config, log: Logger) -> None:
        """gunicorn calls this in the arbiter, once, before it starts workers."""
        # Both here, so that the workers know the result and do not log it again.
        versions.check()
        versions.check("gunicorn")
        refuse_new_connections_first()

    async def _serve(self) -> None:
        # A copy of uvicorn_worker 0.4's, with another server class, and the application wrapped (answers/asgi.py).
        self.config.app = asgi.wrap(self.wsgi)
        server = DrainingServer(config=self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


class LeanWorker(Worker):
    """An idle WebSocket takes 15 to 21 kB instead of 26 (uvicorn_lean.py)."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {**Worker.CONFIG_KWARGS, "ws": "tricorn.uvicorn_lean:LeanWebSocket"}
