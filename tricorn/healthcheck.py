"""The gateways' health check: exit status 0 if the project answers HEALTH_PATH with 2xx, else 1 with the reason.

It runs in every gateway every few seconds, from the start on: `python -I -m tricorn.healthcheck`. So once an hour it
also removes what killed processes have left in TMPDIR.
"""

import http.client
import os
import sys
import time
from contextlib import suppress

# Seconds. nginx sends an upload when it has all of it, so it is in TMPDIR only until its request ends. A file that has
# not been written to for a day is not in use.
LEFT_BEHIND = 24 * 3600
SWEEP_EVERY = 3600
LAST_SWEEP = "/tmp/last-sweep"  # noqa: S108  # a time, in the container's own memory


def sweep(folder: str) -> None:
    """Otherwise each killed worker leaves up to UPLOAD_LIMIT for ever, perhaps on the disk that PostgreSQL uses."""
    with suppress(FileNotFoundError):
        if time.time() - os.stat(LAST_SWEEP).st_mtime < SWEEP_EVERY:
            return
    with open(LAST_SWEEP, "w"):
        pass
    for parent, folders, files in os.walk(folder, topdown=False):
        for name, remove in [*((it, os.remove) for it in files), *((it, os.rmdir) for it in folders)]:
            # Another gateway may have removed it, or a folder is not empty.
            with suppress(OSError):
                if time.time() - os.lstat(it := os.path.join(parent, name)).st_mtime > LEFT_BEHIND:
                    remove(it)


def check(port: int, path: str, host: str) -> str:
    """Returns what is wrong, or nothing."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
        # As nginx sends it over TLS. Otherwise a project that redirects plain HTTP would redirect.
        connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{path}: {error!r}"
    return "" if 200 <= status < 300 else f"{path} answered {status}"


def main() -> None:
    if temporary := os.environ.get("TMPDIR"):
        # A failure of this is no sign of the project's health.
        with suppress(OSError):
            sweep(temporary)
    path = os.environ["HEALTH_PATH"]
    # uWSGI gets whole paths. The other servers get paths without the prefix, and put it before each. Without the
    # prefix, the project would serve the whole host, and Django would cache a STATIC_URL without it.
    if os.environ.get("GATEWAY") == "uwsgi":
        path = os.environ.get("URL_PREFIX", "") + path
    # Each image sets its own port. uWSGI's is an HTTP port: nginx's port speaks the uwsgi protocol.
    if wrong := check(int(os.environ["HEALTH_PORT"]), path, os.environ["SERVER_NAMES"].split()[0]):
        sys.exit(wrong)


if __name__ == "__main__":
    main()
