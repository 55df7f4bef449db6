"""What gunicorn's four kinds share; the worker class is in compose.gallery.yaml. Why: gunicorn/gunicorn.conf.py."""

bind = "0.0.0.0:8000"
workers = 2
preload_app = True
backlog = 1024
keepalive = 75
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
timeout = 30
graceful_timeout = 30
# Of these headers gunicorn takes the scheme alone; the client's address is the application's to find (gallery/wsgi.py).
forwarded_allow_ips = "*"
# Who may speak the uwsgi protocol to it.
uwsgi_allow_ips = "*"
accesslog = None
