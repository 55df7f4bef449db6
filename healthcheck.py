"""The gateways' health check: exit status 0 if the project answers HEALTH_PATH with 2xx, else 1 with the reason.

It comes by in every gateway every few seconds, from its start on, so it also removes what killed processes have left in
TMPDIR, once an hour.
"""

import http.client
import os
import sys
import time
from contextlib import suppress

# Each image sets its own. uWSGI's is not nginx's, which speaks the uwsgi protocol.
port = int(os.environ["HEALTH_PORT"])
path = os.environ["HEALTH_PATH"]
# uWSGI gets whole paths; the others get them without the prefix, and put it before each. Without a prefix the project
# would take itself for one that has the whole host, and Django keeps what it then makes of STATIC_URL.
if os.environ.get("GATEWAY") == "uwsgi":
    path = os.environ.get("URL_PREFIX", "") + path
host = os.environ["SERVER_NAMES"].split()[0]

# Seconds. An upload is in TMPDIR for the moments between nginx, which has the whole of it, and the end of its request:
# what nobody has written to for a day belongs to nobody.
LEFT_BEHIND = 24 * 3600
SWEEP_EVERY = 3600
LAST_SWEEP = "/tmp/last-sweep"  # noqa: S108  # a time, in the container's own memory


def sweep(folder: str) -> None:
    """Otherwise each killed worker leaves up to UPLOAD_LIMIT for ever, on the disk that PostgreSQL may be on."""
    with suppress(FileNotFoundError):
        if time.time() - os.stat(LAST_SWEEP).st_mtime < SWEEP_EVERY:
            return
    with open(LAST_SWEEP, "w"):
        pass
    for parent, folders, files in os.walk(folder, topdown=False):
        for name, remove in [*((it, os.remove) for it in files), *((it, os.rmdir) for it in folders)]:
            # Another gateway is faster, or a folder is not empty.
            with suppress(OSError):
                if time.time() - os.lstat(it := os.path.join(parent, name)).st_mtime > LEFT_BEHIND:
                    remove(it)


if temporary := os.environ.get("TMPDIR"):
    # Its failure says nothing of the project's health.
    with suppress(OSError):
        sweep(temporary)

try:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    # As nginx would ask over TLS: a project that redirects plain HTTP answers instead of redirecting.
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    status = connection.getresponse().status
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"{path}: {error!r}")
if not 200 <= status < 300:
    sys.exit(f"{path} answered {status}")
