"""Who can open which port: what is promised. Measured, and printed, by test_table.py.

open: it answers. cut: it hangs up before it has read anything. -: there is nobody, or no way there.
A column is one listening port of one service, at every address that it has, and by its name.
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
# What each source may do with each port.
PROMISED = {source: dict(zip(COLUMNS, cells, strict=True)) for source, *cells in _rows}

# What a container that was just put on a network is called here: it has no name that a service knows.
STRANGER = "stranger:"
