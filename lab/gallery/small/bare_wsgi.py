"""WSGI without a framework, on Python's own server: PEP 3333 in ten lines."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import make_server

PAGES = {"/": b"<h1>hi, python!</h1>", "/python": b"<h1>it work!</h1>"}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = PAGES.get(environ["PATH_INFO"])
    status = HTTPStatus.NOT_FOUND if body is None else HTTPStatus.OK
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "text/html")])
    return [body or b""]


if __name__ == "__main__":
    make_server("", 8000, application).serve_forever()
