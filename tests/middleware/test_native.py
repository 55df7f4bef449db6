"""middleware/native.py does what Django's middleware does, and does not leave the event loop for it."""

import re
import shutil
from pathlib import Path

import httpx
import pytest

from tests.support.stack import ROOT, Stack, run

SOURCE = Path("/django/tests")  # the tools image has it: Dockerfile, stage tests
LABELS = ("middleware", "csrf_tests", "sessions_tests", "messages_tests", "auth_tests.test_middleware")


def test_django_s_own_tests_pass_through_the_asynchronous_half(stack: Stack) -> None:
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
    assert len(through) == 7
    assert min(map(int, through.values())) > 10, through


@pytest.mark.parametrize("path", ["/hello/async/", "/async/gateway/"])
def test_wsgi_and_asgi_answer_with_the_same_headers(http: httpx.Client, asgi_gateway: str, path: str) -> None:
    ours, theirs = (http.get(f"/gateways/{name}{path}") for name in (asgi_gateway, "uwsgi"))
    differing = {"date", "server-timing", "x-request-id", "content-length", "server"}
    assert {n: v for n, v in ours.headers.items() if n not in differing} == {
        n: v for n, v in theirs.headers.items() if n not in differing
    }
