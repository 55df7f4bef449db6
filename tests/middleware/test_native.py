"""tricorn/middleware.py behaves as Django's middleware, and does not leave the event loop for it."""

import re
import shutil
from pathlib import Path

import httpx
import pytest

from tests.support.stack import ROOT, Stack, run

SOURCE = Path("/django/tests")  # in the tools image: Dockerfile, stage tests
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


# Run in a gateway's container: sends a request through all seven, and prints the calls that went to the thread.
HOPS = """
import asyncio, sys
import django
from django.conf import settings
django.setup()
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
from django.http import HttpResponse
from django.test import RequestFactory
from tricorn import middleware as native

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
    # Django reads a form's body, and saves a changed session.
    [("get", []), ("post", ["CsrfViewMiddleware.process_view", "SessionMiddleware.process_response"])],
)
def test_only_what_waits_leaves_the_event_loop(stack: Stack, asgi_gateway: str, method: str, hops: list[str]) -> None:
    asked = stack.compose("exec", "-T", asgi_gateway, "python", "-c", HOPS, method)
    assert asked.stdout.split() == hops


@pytest.mark.parametrize("path", ["/hello/async/", "/async/gateway/"])
def test_wsgi_and_asgi_answer_with_the_same_headers(http: httpx.Client, asgi_gateway: str, path: str) -> None:
    ours, theirs = (http.get(f"/gateways/{name}{path}") for name in (asgi_gateway, "uwsgi"))
    differing = {"date", "server-timing", "x-request-id", "content-length", "server"}
    assert {n: v for n, v in ours.headers.items() if n not in differing} == {
        n: v for n, v in theirs.headers.items() if n not in differing
    }
