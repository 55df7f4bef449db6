"""Which requests have begun, in memory that outlives the process: none that ended its process begins again.

If a connection closes before its answer, nginx repeats a request that only reads, a PUT or a DELETE. No option limits
that to connections that were never made. Usually the request has not begun: its connection was just being closed. But
the request may itself have ended the process, for example by using all memory. It would then end one worker after the
other. Its id is the same each time: X-Request-ID, which nginx makes and no client can forge.
"""

import mmap
import os
from pathlib import Path

# compose.yaml mounts SHARED into all containers of all gateways. Elsewhere OWN is used, which is this container's own.
SHARED, OWN = Path("/run/begun"), Path("/dev/shm")  # noqa: S108  # in memory
# An entry is half of an id. If two requests share a place, the later one counts.
PLACES, ENTRY = 1 << 16, 8
NONE = bytes(ENTRY)


class Begun:
    """A table of requests that have begun and not ended. Each process opens it when it first needs it."""

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
        """Returns the place for end(), or None without an id. Raises BegunBeforeError if the request has not ended."""
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
    """A process that began this request ended before the request did."""


# nginx answers this with a page of its own: @ended in nginx/snippets/lost.conf.
STATUS, HEADERS = 502, {"X-Accel-Redirect": "@ended", "Content-Length": "0"}
begun = Begun()
