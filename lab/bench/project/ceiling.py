"""Calls one view in this process as a server would, for some seconds, and prints how many times a second.

python /srv/bench/ceiling.py wsgi|asgi PATH SECONDS, in a gateway's container
"""

import asyncio
import importlib
import io
import os
import sys
import time
from typing import Any

HOST = "localhost"


def application(variable: str) -> Any:  # noqa: ANN401
    module, _, name = os.environ[variable].partition(":")
    return getattr(importlib.import_module(module), name)


def wsgi(path: str, seconds: float) -> float:
    call = application("WSGI_APPLICATION")

    def start_response(status: str, _headers: list, _exc_info: object = None) -> None:
        if not status.startswith("2"):
            raise SystemExit(f"ceiling: {path}: {status}")

    def once() -> None:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": HOST,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        answer = call(environ, start_response)
        b"".join(answer)
        answer.close()

    for _ in range(200):
        once()
    count, started = 0, time.perf_counter()
    while (took := time.perf_counter() - started) < seconds:
        once()
        count += 1
    return count / took


async def asgi(path: str, seconds: float) -> float:
    call = application("ASGI_APPLICATION")

    async def once() -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 300:
                raise SystemExit(f"ceiling: {path}: {message['status']}")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", HOST.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await call(scope, receive, send)

    for _ in range(100):
        await once()
    count, started = 0, time.perf_counter()
    while (took := time.perf_counter() - started) < seconds:
        await once()
        count += 1
    return count / took


if __name__ == "__main__":
    kind, asked_path, duration = sys.argv[1], sys.argv[2], float(sys.argv[3])
    if kind == "wsgi":
        print(wsgi(asked_path, duration))
    else:
        import uvloop

        print(uvloop.run(asgi(asked_path, duration)))
