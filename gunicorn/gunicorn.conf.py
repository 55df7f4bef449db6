"""gunicorn in production: ASGI through UvicornWorkers, HTTP and WebSocket.

https://docs.gunicorn.org/en/stable/settings.html. The number of workers is WEB_CONCURRENCY: gunicorn reads it itself.
"""

import os

from asgi_server import refuse_new_connections

wsgi_app = os.environ["ASGI_APPLICATION"]
worker_class = "asgi_worker.AsgiWorker"

# ---- processes ----

# The project is imported once, before the fork: workers share its pages, and a project that cannot be imported ends
# gunicorn with one error instead of a loop of dying workers. Connections are opened later, in each worker. A project
# that opens them on import, or starts threads, takes LAZY_APPS=1.
preload_app = os.environ.get("LAZY_APPS") != "1"

# Recycling by count, spread by the jitter. Not with a single worker: nobody would serve while it restarts.
max_requests = 10_000 if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 else 0
max_requests_jitter = 1_000

# The arbiter's heartbeat file. On a disk, a busy one would block the workers; the root here is read-only besides.
worker_tmp_dir = "/dev/shm"  # noqa: S108  # in memory, and its files are unlinked at once

# ---- sockets ----

bind = "0.0.0.0:8000"
# Connections waiting to be accepted; the kernel cuts it to net.core.somaxconn, a sysctl in compose.yaml.
backlog = 1024
# Longer than nginx keeps an idle connection. Were it shorter (2 s by default), nginx would now and then send a request
# into a connection that is just being closed: a sporadic 502.
keepalive = 75
# gunicornc's socket, written to the home directory: the root is read-only, and nothing here uses it.
control_socket_disable = True

# ---- time limits, in seconds ----

request_timeout = int(os.environ.get("REQUEST_TIMEOUT", "30"))
# An event loop that has not moved for this long is killed: the mark of a view that blocks it.
timeout = max(30, request_timeout)
# How long requests in flight may take to finish once SIGTERM has come.
graceful_timeout = max(30, request_timeout)

# SIGTERM: first nobody new comes in, then the workers end, each once those who wait are served (asgi_server.py).
when_ready = refuse_new_connections

# ---- who is believed ----

# X-Forwarded-* is believed from every peer on the edge network, where only nginx takes requests from outside. nginx
# overwrites these headers with a single value; of several, uvicorn's "*" takes the leftmost, which a client can forge:
# in front of gunicorn, never put a proxy that appends.
forwarded_allow_ips = "*"

# ---- what is said, and where ----

# nginx has the access log; errors go to stderr.
accesslog = None
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
