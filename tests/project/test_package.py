"""A project of one's own uses the package's parts as docs/your-project.md says."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bootstrap.clone import CLONES
from tests.project.page import start_project, use_package
from tests.support.stack import Stack, run

# Where no database answers. DATABASE_POOL_SIZE as on an ASGI gateway.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mysite.settings",
    "SECRET_KEY": "of no worth, and therefore of more than fifty characters",
    "POSTGRES_PASSWORD": "none",
    "VALKEY_PASSWORD": "none",
    "POSTGRES_HOST": "nowhere",
    "POSTGRES_DB": "none",
    "POSTGRES_USER": "none",
    "DATABASE_POOL_SIZE": "4",
}
ID = "0123456789abcdef" * 2
# Sends requests to the ASGI application. Prints their answers as JSON, and before them what the project logs.
ASKED = """
import asyncio, errno, json, sys, threading
from mysite.asgi import application
from asgiref.sync import sync_to_async
from psycopg_pool.base import AttemptWithBackoff
from tricorn.asgi_send import send_json
from tricorn.full_disk import FullDiskMiddleware
from tricorn.threads import ThreadsMiddleware

async def full(scope, receive, send):
    raise OSError(errno.ENOSPC, "no space left")

async def name_thread(scope, receive, send):
    name = await sync_to_async(lambda: threading.current_thread().name)()
    await send_json(send, 200, {"thread": name})

async def ask(path, *headers, application=application, root_path=""):
    asked, answer = [], {"body": ""}

    async def receive():
        if asked:
            await asyncio.Event().wait()
        asked.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer["body"] += message["body"].decode()

    asking = [(b"host", b"localhost"), (b"accept", b"application/json"), (b"x-request-id", sys.argv[1].encode())]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": root_path,
             "headers": [*asking, *headers], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    await application(scope, receive, send)
    return answer

async def main():
    alive = await ask("/livez")
    names = sorted(it.name for it in threading.enumerate())
    named = ThreadsMiddleware(name_thread, threads=1, health_path="/alive")
    cookie = (b"cookie", b"mysite_sessionid=" + 32 * b"a")
    return {
        "alive": alive,
        "threads": names,
        "ready": await ask("/readyz"),
        "missing": await ask("/nothing"),
        "no database": await ask("/admin/", cookie),
        "spare": [await ask("/app" + path, application=named, root_path="/app") for path in ("/alive", "/other")],
        "full disk": await ask("/", application=FullDiskMiddleware(full)),
    }

found = asyncio.run(main())
print(json.dumps({**found, "delay": AttemptWithBackoff.INITIAL_DELAY}))
"""


@pytest.fixture(scope="module")
def folder(stack: Stack) -> Iterator[Path]:
    folder = CLONES / "packaged"
    start_project(f"{stack.project}-migrate", folder)
    use_package(folder)
    yield folder
    shutil.rmtree(folder)


def inside(stack: Stack, folder: Path, *command: str) -> tuple[str, str]:
    """The output of a command with the project, in an image of gunicorn without a network."""
    environment = [part for name, value in ENVIRONMENT.items() for part in ("--env", f"{name}={value}")]
    options = ("--rm", "--network", "none", "--volume", f"{folder}:/srv/apps:ro", *environment)
    ended = run("docker", "run", *options, f"{stack.project}-gunicorn", "python", *command)
    return ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def found(stack: Stack, folder: Path) -> dict[str, Any]:
    output, log = inside(stack, folder, "-c", ASKED, ID)
    return {**json.loads(output), "log": [json.loads(line) for line in log.splitlines() if line.startswith("{")]}


def test_health_is_answered_without_a_thread_of_the_requests(found: dict[str, Any]) -> None:
    assert (found["alive"]["status"], json.loads(found["alive"]["body"])) == (200, {"status": "alive"})
    assert set(found["threads"]) <= {"MainThread", "sync-health_0"}


def test_the_health_path_has_a_thread_of_its_own_also_below_a_prefix(found: dict[str, Any]) -> None:
    assert [json.loads(answer["body"])["thread"] for answer in found["spare"]] == ["sync-health_0", "sync-0_0"]


def test_readiness_names_only_what_the_project_has(found: dict[str, Any]) -> None:
    answer = found["ready"]
    assert (answer["status"], json.loads(answer["body"]).keys()) == (503, {"database"})


def test_errors_are_json_for_whom_asks_for_it_and_name_the_request(found: dict[str, Any]) -> None:
    answer = json.loads(found["missing"]["body"])
    assert (answer["status"], answer["error"], answer["request_id"]) == (404, "Not Found", ID)


def test_without_a_database_the_answer_is_503(found: dict[str, Any]) -> None:
    assert (found["no database"]["status"], found["no database"]["headers"]["retry-after"]) == (503, "5")


def test_a_full_disk_is_507(found: dict[str, Any]) -> None:
    assert (found["full disk"]["status"], json.loads(found["full disk"]["body"])["status"]) == (507, 507)


def test_the_log_is_json_and_names_the_request(found: dict[str, Any]) -> None:
    (line,) = (line for line in found["log"] if line["message"] == "Not Found: /nothing")
    assert line["request_id"] == ID


def test_the_pool_finds_new_connections_quickly(found: dict[str, Any]) -> None:
    assert found["delay"] == 0.05


def test_the_system_checks_find_nothing(stack: Stack, folder: Path) -> None:
    output, _ = inside(stack, folder, "-m", "django", "check", "--deploy", "--fail-level", "ERROR")
    assert "W00" not in output
