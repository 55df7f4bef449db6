"""tricorn/handler.py behaves as Django's handler, and leaves the event loop only for what blocks."""

import hashlib
import json

import pytest

from tests.support.stack import Stack

# The number of calls in the thread for one request to the whole application. `listen` adds receivers of signals.
CALLS = """
import asyncio, sys, threading
from config.asgi import application
from django.core.signals import request_finished, request_started
from tricorn.threads import SingleThreadExecutor as Executor

calls, heard, submit = [], [], Executor.submit
Executor.submit = lambda executor, *arguments: calls.append(1) or submit(executor, *arguments)

def listen(**_):
    heard.append(threading.current_thread() is threading.main_thread())

if sys.argv[2:]:
    request_started.connect(listen)
    request_finished.connect(listen)

async def receive():
    if asked:
        await asyncio.Event().wait()
    asked.append(1)
    return {"type": "http.request", "body": b"", "more_body": False}

async def send(message):
    assert message.get("status", 200) == 200, message

asked = []
scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
         "path": sys.argv[1], "raw_path": sys.argv[1].encode(), "query_string": b"", "root_path": "",
         "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
asyncio.run(application(scope, receive, send))
print(len(calls), *heard)
"""


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["/hello/async/"], "0"),
        # The view, and the end of the response, where its thread may have a database connection.
        (["/hello/sync/"], "2"),
        # Other receivers are called in the thread, as in Django.
        (["/hello/async/", "listen"], "2 False False"),
    ],
)
def test_a_request_goes_to_its_thread_for_what_waits_alone(
    stack: Stack, asgi_gateway: str, arguments: list[str], found: str
) -> None:
    assert stack.compose("exec", "-T", asgi_gateway, "python", "-c", CALLS, *arguments).stdout.strip() == found


# Sends requests to the only thread, and counts the queries that its connection has recorded after each.
NOTED = """
import asyncio, json
from config.asgi import application
from django.db import connection

threads = application.application_mapping["http"]

async def ask():
    asked = []

    async def receive():
        if asked:
            await asyncio.Event().wait()
        asked.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        assert message.get("status", 200) == 200, message

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": "/students/", "raw_path": b"/students/", "query_string": b"", "root_path": "",
             "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    await application(scope, receive, send)
    (executor,) = threads.all
    return await asyncio.wrap_future(executor.submit(lambda: len(connection.queries)))

async def main():
    return [await ask() for _ in range(3)]

print(json.dumps(asyncio.run(main())))
"""


def test_with_debug_a_request_finds_its_own_queries_alone(stack: Stack, asgi_gateway: str) -> None:
    options = ("exec", "-T", "--env", "DEBUG=1", "--env", "ASGI_THREADS=1", asgi_gateway, "python", "-c", NOTED)
    first, *others = json.loads(stack.compose(*options).stdout)
    assert others == [first, first]
    assert first > 0


def test_django_s_handler_is_the_one_that_ours_was_written_after(stack: Stack) -> None:
    """If this fails, read Django's new `handle`, update ours, and put the new sum here."""
    source = "import inspect; from django.core.handlers import asgi; print(inspect.getsource(asgi.ASGIHandler.handle))"
    printed = stack.compose("exec", "-T", "gunicorn", "python", "-c", source).stdout.rstrip("\n") + "\n"
    assert hashlib.sha256(printed.encode()).hexdigest() == (
        "98faeb5bef800331e6a8002fbc96b30e4122a23438ae45a047190a531ea11323"
    )
