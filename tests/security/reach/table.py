"""The promised reachability of every port. test_table.py measures and prints it.

open: the port answers. cut: the server closes the connection before it has read anything. -: no listener or no route.
A column is one listening port of one service, at every address and by name.
"""

TABLE = """
from             nginx:8080 uwsgi:3031 uwsgi:8001 gunicorn:8000 daphne:9000 postgres:5432 valkey:6379
nginx            open       open       -          open          open        -             -
uwsgi            open       cut        open       open          open        open          open
gunicorn         open       cut        -          open          open        open          open
daphne           open       cut        -          open          open        open          open
postgres         -          cut        -          open          open        open          open
valkey           -          cut        -          open          open        open          open
stranger:edge    open       cut        -          open          open        -             -
stranger:data    -          cut        -          open          open        open          open
stranger:bridge  -          -          -          -             -           -             -
host             open       cut        -          open          open        open          open
"""

(_, *COLUMNS), *_rows = [line.split() for line in TABLE.strip().splitlines()]
# The promised result, by source and port.
PROMISED = {source: dict(zip(COLUMNS, cells, strict=True)) for source, *cells in _rows}

# Prefix of a container that has just joined a network: no service knows its name.
STRANGER = "stranger:"
