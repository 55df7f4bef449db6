"""The health check of a server that speaks only the uwsgi protocol: like tricorn/healthcheck.py, over that protocol.

https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html: a head of 4 bytes, then names and values, each after its
length.
"""

import os
import socket
import struct
import sys

path = os.environ["HEALTH_PATH"]
variables = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": path,
    "REQUEST_URI": path,
    "QUERY_STRING": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "8000",
    "HTTP_HOST": os.environ["SERVER_NAMES"].split()[0],
    "HTTP_X_FORWARDED_PROTO": "https",
}
block = b"".join(
    struct.pack("<H", len(part)) + part for pair in variables.items() for part in (pair[0].encode(), pair[1].encode())
)
try:
    with socket.create_connection(("127.0.0.1", 8000), timeout=4) as connection:
        connection.sendall(struct.pack("<BHB", 0, len(block), 0) + block)
        answer = connection.recv(4096).decode("latin-1")
except OSError as error:
    sys.exit(f"{path}: {error!r}")
status = answer.partition(" ")[2][:3]
if not status.startswith("2"):
    sys.exit(f"{path} answered {status or 'nothing'}")
