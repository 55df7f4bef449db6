"""The wrapper of the WSGI application on uWSGI. It limits streams, because each holds one of few threads.

uWSGI loads `application`, with the project's WSGI_APPLICATION and URL_PREFIX.

A stream is an answer that comes from an iterator and has no Content-Length.

- Half of the threads of all workers together may stream at once. One more stream receives 503.
- A stream of events (text/event-stream) ends after a while, between two events. An EventSource reconnects by itself,
  and names the last event that it has received (Last-Event-ID). So a worker that is replaced waits no longer for events
  than for other requests.
- Any other stream takes as long as it needs. uwsgi.ini's thread-harakiri counts from the last piece that was sent.
- Events from an asynchronous iterator receive 501: under WSGI, Django waits for the last event before it sends the
  first.
- The uwsgi protocol does not mark the end of an answer. If a stream fails, this wrapper resets the connection, so that
  the client sees that something is missing.
"""

import fcntl
import json
import os
import pkgutil
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import uwsgi

from tricorn import versions
from tricorn.answers import responses
from tricorn.answers.begun import HEADERS, STATUS, BegunBeforeError, begun
from tricorn.wsgi_prefix import below

type Environ = dict[str, Any]
type Headers = list[tuple[str, str]]
type StartResponse = Callable[..., Callable[[bytes], object]]
type Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# The share of uwsgi.ini's thread-harakiri after which a stream of events ends: 25 s of 30.
EVENTS_SHARE = 5 / 6
# One file for each allowed stream. The stream holds its lock. If the process is killed, the kernel releases the lock.
PLACES = "/tmp/stream-{}"  # noqa: S108  # the container's own
RESET, CLOSE = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)

ASYNCHRONOUS = (
    "These events come from an asynchronous iterator. This gateway uses WSGI, which would send none of them before the "
    "last. Use an ASGI gateway, for example below /async/."
)
TOO_MANY = (
    "Each stream occupies a thread of this gateway, and half of its threads already stream. Try again in a moment, or "
    "use an ASGI gateway, for example below /async/."
)


def option(name: str, otherwise: int) -> int:
    """An integer option of uWSGI. uWSGI has a list if the option was given more than once: its last value counts."""
    found = uwsgi.opt.get(name, otherwise)
    return int(found[-1] if isinstance(found, list) else found)


def take_place() -> int | None:
    """Locks a free place and returns its file descriptor, or None if there is none. Closing it frees the place."""
    for number in range(max(1, uwsgi.numproc * option("threads", 1) // 2)):
        place = os.open(PLACES.format(number), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(place)
        else:
            return place
    return None


def when_closed(what: bytes) -> None:
    """Sets how this connection ends, even if the kernel closes it: to nginx, RESET is an error and CLOSE is not."""
    with socket.socket(fileno=os.dup(uwsgi.connection_fd())) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, what)


class Stream:
    """An answer that holds a place until it is closed."""

    def __init__(self, pieces: Iterable[bytes], place: int, seconds: float) -> None:
        self.pieces, self.place, self.seconds = pieces, place, seconds

    def __iter__(self) -> Iterator[bytes]:
        ends = time.monotonic() + self.seconds
        when_closed(RESET)
        for piece in self.pieces:
            yield piece
            if time.monotonic() > ends:
                break
        when_closed(CLOSE)

    def close(self) -> None:
        try:
            close(self.pieces)
        finally:
            os.close(self.place)


def close(pieces: Iterable[bytes]) -> None:
    if hasattr(pieces, "close"):
        pieces.close()


def refuse(environ: Environ, start_response: StartResponse, status: HTTPStatus, detail: str) -> list[bytes]:
    told = {"status": status, "error": status.phrase, "detail": detail, "request_id": environ.get("HTTP_X_REQUEST_ID")}
    body = json.dumps(told).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "5"))
    start_response(f"{status:d} {status.phrase}", headers)
    return [body]


def answer_with(
    environ: Environ, start_response: StartResponse, status: str, headers: Headers, pieces: Iterable[bytes]
) -> Iterable[bytes]:
    """Answers with `pieces`, which is a stream, or with an error if it cannot be sent."""
    lower = {name.lower(): value for name, value in headers}
    is_events = lower.get("content-type", "").startswith("text/event-stream")
    if environ["REQUEST_METHOD"] == "HEAD":
        close(pieces)
        start_response(status, headers)
        return []
    if is_events and getattr(pieces, "is_async", False):
        close(pieces)
        return refuse(environ, start_response, HTTPStatus.NOT_IMPLEMENTED, ASYNCHRONOUS)
    place = take_place()
    if place is None:
        close(pieces)
        return refuse(environ, start_response, HTTPStatus.SERVICE_UNAVAILABLE, TOO_MANY)
    if "x-accel-buffering" not in lower:
        headers = [*headers, ("X-Accel-Buffering", "no")]
    start_response(status, headers)
    return Stream(pieces, place, EVENTS_SHARE * option("thread-harakiri", 30) if is_events else float("inf"))


def is_stream(status: str, headers: Headers) -> bool:
    return not status.startswith(("1", "204", "304")) and "content-length" not in {name.lower() for name, _ in headers}


def wrap(application: Application) -> Application:
    versions.check("uwsgi")
    responses.install()

    def wrapped(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        held: list[tuple[str, Headers]] = []
        has_returned = False

        def hold(status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
            # Held until the kind of body is known. If the application is a generator, it calls this too late for that.
            if has_returned or exc_info or not is_stream(status, headers):
                return start_response(status, headers, *([exc_info] if exc_info else []))
            held[:] = [(status, headers)]
            return lambda _: 0

        try:
            place = begun.begin(environ.get("HTTP_X_REQUEST_ID"))
        except BegunBeforeError:
            start_response(f"{STATUS} {HTTPStatus(STATUS).phrase}", list(HEADERS.items()))
            return []
        try:
            pieces = application(environ, hold)
        finally:
            begun.end(place)
        has_returned = True
        if not held:
            return pieces
        ((status, headers),) = held
        if isinstance(pieces, (list, tuple)) or not getattr(pieces, "streaming", True):
            start_response(status, headers)
            return pieces
        return answer_with(environ, start_response, status, headers, pieces)

    return wrapped


application = below(os.environ.get("URL_PREFIX", ""), wrap(pkgutil.resolve_name(os.environ["WSGI_APPLICATION"])))
