"""gunicorn in production: ASGI through UvicornWorkers, HTTP and WebSocket.

https://docs.gunicorn.org/en/stable/settings.html. gunicorn itself reads the number of workers from WEB_CONCURRENCY.
"""

import os

wsgi_app = os.environ["ASGI_APPLICATION"]
worker_class = "uvicorn_worker.UvicornWorker"
# With the package tricorn: no request is lost in a stop (29 of 40 clients were), one client cannot stop a worker, and
# WebSockets have limits. LeanWorker does the same with 15 to 21 kB for an idle WebSocket instead of 26. Install the
# package into the image, then remove the # below, or set GUNICORN_CMD_ARGS="--worker-class ...", which wins over it.
# worker_class = "tricorn.gunicorn_worker.Worker"

# ---- processes ----

# Imports the project once, before the fork. Workers share its pages, and a project that cannot be imported ends
# gunicorn with one error. Without preloading, workers would die in a loop. Each worker opens its own connections later.
# If your project opens connections or starts threads on import, set LAZY_APPS=1.
preload_app = os.environ.get("LAZY_APPS") != "1"

# Recycles each worker after so many requests; the jitter spreads the restarts. A single worker is not recycled: nothing
# would serve while it restarts.
max_requests = 10_000 if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 else 0
max_requests_jitter = 1_000

# Folder of the workers' heartbeat files. On a disk, a busy disk would block the workers. The root is read-only as well.
worker_tmp_dir = "/dev/shm"  # noqa: S108  # in memory, and gunicorn unlinks the files at once

# ---- sockets ----

bind = "0.0.0.0:8000"
# Connections that may wait to be accepted. The kernel's limit is net.core.somaxconn, a sysctl in compose.yaml.
backlog = 1024
# Seconds. Longer than nginx keeps an idle connection. If it were shorter (the default is 2 s), nginx would sometimes
# send a request into a connection that is just being closed, and get a 502.
keepalive = 75
# The socket of gunicornc would be in the home directory. The root is read-only, and nothing here uses that socket.
control_socket_disable = True

# ---- time limits, in seconds ----

request_timeout = int(os.environ.get("REQUEST_TIMEOUT", "30"))
# The arbiter kills a worker whose event loop stands still for this long: a sign that a view blocks it.
timeout = max(30, request_timeout)
# How long requests in flight may run after SIGTERM.
graceful_timeout = max(30, request_timeout)

# ---- trusted proxies ----

# gunicorn trusts X-Forwarded-* from every peer on the edge network, where only nginx accepts requests from outside.
# nginx overwrites these headers with a single value. With "*", uvicorn uses the leftmost of several values, which a
# client can forge: never put a proxy that appends in front of gunicorn.
forwarded_allow_ips = "*"

# ---- logs ----

# nginx has the access log. Errors go to stderr.
accesslog = None
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
