"""middleware/native.py and handler.py do what Django's do, and do not leave the event loop for it."""

import hashlib
import re
import shutil
from pathlib import Path

import httpx
import pytest

from tests.support.stack import ROOT, Stack, run

SOURCE = Path("/django/tests")  # the tools image has it: Dockerfile, stage tests
LABELS = ("middleware", "csrf_tests", "sessions_tests", "messages_tests", "auth_tests.test_middleware", "asgi")


def test_django_s_own_tests_pass_with_ours(stack: Stack) -> None:
    folder = ROOT / ".tests" / "django"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    suite = ROOT / "tests/middleware/django_suite.py"
    options = ("--rm", "--network", "none", "--user", "0", "--workdir", "/suite", "--env", "PYTHONPATH=/harness")
    mounts = ("--volume", f"{folder}:/suite", "--volume", f"{suite}:/harness/django_suite.py:ro")
    image = run("docker", "inspect", "--format", "{{.Image}}", stack.container("gunicorn")).stdout.strip()
    command = ("python", "runtests.py", "--settings=django_suite", "--parallel=1", *LABELS)
    ended = run("docker", "run", *options, *mounts, image, *command, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert int(re.search(r"Ran (\d+) tests", ended.stderr)[1]) > 900  # type: ignore[index]
    through = dict(re.findall(r"'(\w+)': (\d+)", ended.stderr))
    assert len(through) == 8
    assert min(map(int, through.values())) > 10, through


# In a gateway's container: a request through all seven, and which of their calls went to the thread.
HOPS = """
import asyncio, sys
import django
from django.conf import settings
django.setup()
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
from django.http import HttpResponse
from django.test import RequestFactory
from middleware import native

hops, to_thread = [], native.sync_to_async
native.sync_to_async = lambda function, **options: hops.append(function.__qualname__) or to_thread(function, **options)

async def view(request):
    if request.method == "POST":
        request.session["kept"] = 1
    return HttpResponse("ok")

async def ask(request):
    chain = view
    for name in ("XFrameOptions", "Message", "Authentication", "CsrfView", "Common", "Session", "Security"):
        middleware = getattr(native, name + "Middleware")(chain)
        if name == "CsrfView":
            await middleware.process_view(request, view, (), {})
        chain = middleware
    return await chain(request)

settings.SECURE_SSL_REDIRECT = False
asyncio.run(ask(getattr(RequestFactory(), sys.argv[1])("/", HTTP_HOST="localhost")))
print(*hops)
"""


@pytest.mark.parametrize(
    ("method", "hops"),
    # A form's body is read, and a session that was changed is saved.
    [("get", []), ("post", ["CsrfViewMiddleware.process_view", "SessionMiddleware.process_response"])],
)
def test_only_what_waits_leaves_the_event_loop(stack: Stack, asgi_gateway: str, method: str, hops: list[str]) -> None:
    asked = stack.compose("exec", "-T", asgi_gateway, "python", "-c", HOPS, method)
    assert asked.stdout.split() == hops


# Calls of the thread for one request to the whole application; `listen` adds a receiver of one's own.
CALLS = """
import asyncio, sys, threading
from config.asgi import application
from django.core.signals import request_finished, request_started
from middleware.threads import Lane

calls, heard, submit = [], [], Lane.submit
Lane.submit = lambda lane, *arguments: calls.append(1) or submit(lane, *arguments)

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
        # The view, and the end of the response: where its thread may have opened a connection to the database.
        (["/hello/sync/"], "2"),
        # Somebody else listens, and is called in the thread, as Django does it.
        (["/hello/async/", "listen"], "2 False False"),
    ],
)
def test_a_request_goes_to_its_thread_for_what_waits_alone(
    stack: Stack, asgi_gateway: str, arguments: list[str], found: str
) -> None:
    assert stack.compose("exec", "-T", asgi_gateway, "python", "-c", CALLS, *arguments).stdout.strip() == found


def test_django_s_handler_is_the_one_that_ours_was_written_after(stack: Stack) -> None:
    """If this fails: read Django's `handle` again, bring ours in step, and put the new sum here."""
    source = "import inspect; from django.core.handlers import asgi; print(inspect.getsource(asgi.ASGIHandler.handle))"
    printed = stack.compose("exec", "-T", "gunicorn", "python", "-c", source).stdout.rstrip("\n") + "\n"
    assert hashlib.sha256(printed.encode()).hexdigest() == (
        "98faeb5bef800331e6a8002fbc96b30e4122a23438ae45a047190a531ea11323"
    )


@pytest.mark.parametrize("path", ["/hello/async/", "/async/gateway/"])
def test_wsgi_and_asgi_answer_with_the_same_headers(http: httpx.Client, asgi_gateway: str, path: str) -> None:
    ours, theirs = (http.get(f"/gateways/{name}{path}") for name in (asgi_gateway, "uwsgi"))
    differing = {"date", "server-timing", "x-request-id", "content-length", "server"}
    assert {n: v for n, v in ours.headers.items() if n not in differing} == {
        n: v for n, v in theirs.headers.items() if n not in differing
    }
