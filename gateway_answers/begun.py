"""Which requests have begun, in memory that outlives the process: one that ended its process is not begun again.

nginx repeats a request that only reads where the connection closed before it was answered; there is no way to have it
do so only where none was made. Mostly the request has not begun: it met a connection that was just being closed.
But it may be what ended the process, by taking all memory, say, and would end one worker after the other. Its id
(X-Request-ID, which nginx makes and no client can forge) is the same each time.
"""

import mmap
import os
from pathlib import Path

# compose.yaml mounts it for all containers of all gateways; elsewhere it is this container's own.
SHARED, OWN = Path("/run/begun"), Path("/dev/shm")  # noqa: S108  # in memory
# An entry is half of an id. Of two requests that share a place, the later one counts.
PLACES, ENTRY = 1 << 16, 8
NONE = bytes(ENTRY)


class Begun:
    """A table of requests that have begun and not ended; opened by each process when it first needs it."""

    def __init__(self) -> None:
        self.table: mmap.mmap | None = None

    def open(self) -> mmap.mmap:
        folder = SHARED if os.access(SHARED, os.W_OK) else OWN
        file = os.open(folder / "requests", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(file, PLACES * ENTRY)
            self.table = mmap.mmap(file, PLACES * ENTRY)
        finally:
            os.close(file)
        return self.table

    def begin(self, request_id: str | bytes | None) -> int | None:
        """The place to give to end(); None for a request without an id. Raises BegunBeforeError."""
        try:
            entry = bytes.fromhex(request_id if isinstance(request_id, str) else (request_id or b"").decode())[:ENTRY]
        except ValueError:
            return None
        if len(entry) < ENTRY:
            return None
        table = self.table or self.open()
        place = int.from_bytes(entry[:2]) * ENTRY
        if table[place : place + ENTRY] == entry:
            raise BegunBeforeError
        table[place : place + ENTRY] = entry
        return place

    def end(self, place: int | None) -> None:
        if place is not None and self.table is not None:
            self.table[place : place + ENTRY] = NONE


class BegunBeforeError(Exception):
    """The process that began this request ended over it."""


# What nginx shows its own page for: nginx/snippets/lost.conf.
STATUS, HEADERS = 502, {"X-Accel-Redirect": "@ended", "Content-Length": "0"}
begun = Begun()
