"""What the stack adds to any Django project, and to stock servers. docs/not-stock.md has the reason for each part.

docs/ is a folder of the Tricorn repository, as in all comments of this package.

answers/              changes to answers between the project and the server, the same on all gateways
gunicorn_worker.py    gunicorn's worker class: uvicorn with the settings that gunicorn cannot reach, and the next four
uvicorn_server.py     a stop without a lost request, and a fair share of new connections for each worker
uvicorn_http.py       one last answer on each idle connection when the worker stops
uvicorn_websocket.py  limits for each client, and close frames that arrive
uvicorn_lean.py       less memory for idle WebSockets
daphne_server.py      Daphne's command line with a drain, a watchdog, and the next four
daphne_body.py        uploads that stay on disk
daphne_response.py    slow readers take no memory
daphne_websocket.py   limits for each client; daphne_replies.py: what an application may send
daphne_lean.py        less memory for idle WebSockets
drain.py              what the servers share when they stop
limits.py, mailbox.py what their WebSockets share
uwsgi_plugins/        plugins in C
wsgi_prefix.py        a WSGI application below a path
healthcheck.py        the command of the containers' health check

For a Django project, each switched on by one line of its own (docs/your-project.md):

apps.py               the app `tricorn`; database_pool.py: new connections at once after a restart of PostgreSQL
request_id.py         a request's id, and logs.py: JSON log records that have it
health.py             /livez and /readyz; readiness.py: what /readyz checks
middleware.py         Django's own middleware on the event loop, and handler.py: its ASGI handler
threads.py            a bounded number of threads under ASGI
full_disk.py          507 for a body for which the disk has no room; asgi_send.py: what these two share
errors.py             error pages, with 503 for a service that does not answer
preload.py            what workers share, imported before the fork
channel_layer.py      Channels' layer on Valkey, which recovers after an outage
channels_dispatch.py  Channels' loop around a consumer, with one task; channels_consumer.py: a consumer without threads

versions.py           a warning about a library outside the bounds that this package was written for
"""
