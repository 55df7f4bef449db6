"""503 if a thread, a connection or a store is missing, also if a view's own tasks raise it in an exception group."""

import json

from tests.support.stack import Stack

# Views with several tasks, some in nested groups, and one thread, which another request holds: their statuses.
ASKED = """
import asyncio, json, logging, time
import django
from django.conf import settings
django.setup()
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.urls import path
from redis.exceptions import ConnectionError as ValkeyError
from config import urls
from tricorn import threads
from tricorn.handler import get_asgi_application

threads.LEASE_TIMEOUT = 0.2
logging.disable()
in_thread = sync_to_async(lambda: None)

async def fail(error):
    raise error

async def alone(request):
    await in_thread()

async def in_a_group(request):
    async with asyncio.TaskGroup() as group:
        group.create_task(in_thread())

async def in_a_group_of_a_group(request):
    async with asyncio.TaskGroup() as group:
        group.create_task(in_a_group(request))
        group.create_task(asyncio.sleep(9))

async def beside_another(request):
    async with asyncio.TaskGroup() as group:
        group.create_task(in_thread())
        try:
            await asyncio.sleep(9)
        finally:
            raise ValueError("at the end")

def raises(*errors):
    async def view(request):
        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(fail(error))
    return view

VIEWS = {
    "alone": alone,
    "in a group": in_a_group,
    "in a group of a group": in_a_group_of_a_group,
    "beside another error": beside_another,
    "no database": raises(OperationalError("away")),
    "no database and no Valkey": raises(InterfaceError("closed"), ValkeyError("away")),
    "no database, and a mistake": raises(OperationalError("away"), ValueError("a mistake")),
    "a mistake": raises(ValueError("a mistake")),
}
NO_THREAD = 4  # the first four
urls.urlpatterns[:] = [path(f"{number}/", view) for number, view in enumerate(VIEWS.values())]
application = threads.ThreadsMiddleware(get_asgi_application(), threads=1)
executors = list(application.free)

async def ask(number):
    asked, statuses = [], []
    # Somebody has it, or it is free: an error's page is made in it.
    application.free[:] = [] if number < NO_THREAD else executors

    async def receive():
        if asked:
            await asyncio.Event().wait()
        asked.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def finished(*_):
        pass

    address = f"/{number}/"
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": address, "raw_path": address.encode(), "query_string": b"", "root_path": "",
             "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    try:
        await application(scope, receive, send)
    except BaseException as error:
        return repr(error)
    return statuses[0]

async def main():
    return {name: await ask(number) for number, name in enumerate(VIEWS)}

print(json.dumps(asyncio.run(main())))
"""


def test_what_is_missing_is_503_in_a_group_too(stack: Stack, asgi_gateway: str) -> None:
    asked = stack.compose("exec", "-T", asgi_gateway, "python", "-c", ASKED, check=False)
    assert asked.returncode == 0, asked.stderr[-2000:]
    assert json.loads(asked.stdout) == {
        "alone": 503,
        "in a group": 503,
        "in a group of a group": 503,
        "beside another error": 503,
        "no database": 503,
        "no database and no Valkey": 503,
        # A mistake of the view stays a 500.
        "no database, and a mistake": 500,
        "a mistake": 500,
    }
