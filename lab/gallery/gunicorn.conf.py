"""Settings of gunicorn's four variants. lab/compose.gallery.yaml has the worker class.

Why each is as it is: gunicorn/gunicorn.conf.py.
"""

bind = "0.0.0.0:8000"
workers = 2
preload_app = True
backlog = 1024
keepalive = 75
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
timeout = 30
graceful_timeout = 30
# gunicorn takes only the scheme from these headers. The application finds the client's address
# (lab/gallery/project/gallery).
forwarded_allow_ips = "*"
# The peers that may use the uwsgi protocol.
uwsgi_allow_ips = "*"
accesslog = None
