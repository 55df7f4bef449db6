"""make up on a running stack: without changes it recreates nothing; after a fault the stack keeps running."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.clone import Clone, interrupt, only_line
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, wait_until

ROWS = (("uwsgi", "uWSGI", "WSGI"), ("gunicorn", r"gunicorn \+ UvicornWorker", "ASGI"), ("daphne", "Daphne", "ASGI"))


def is_locked(clone: Clone) -> bool:
    return clone.run("flock", "--nonblock", ".lock-up", "true").returncode != 0


def test_a_second_make_up_recreates_nothing_and_a_concurrent_one_is_rejected(unharmed: Clone) -> None:
    again = unharmed.start("make", "up")
    wait_until(lambda: is_locked(unharmed), message="nothing holds the lock")
    assert only_line(unharmed.make("up")) == "up: another make up is running in this folder: wait until it has ended"
    said = again.communicate(timeout=120)[0]
    assert again.returncode == 0, said
    port = unharmed.url().rpartition(":")[2]
    assert f"  http://localhost:{port}/\n" in said
    for gateway, server, interface in ROWS:
        row = rf"  {gateway} +{server} +[0-9.]+ +{interface} +http://{gateway}\.localhost:{port}/\n"
        assert re.search(row, said), said


def test_the_stacks_own_port_is_not_reported_as_in_use(unharmed: Clone) -> None:
    unharmed.configure(HTTP_BIND=unharmed.url().removeprefix("http://"))
    assert unharmed.bash("check_port_is_free").returncode == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_a_port_in_use_is_reported_with_its_address(clone: Clone, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address.strip("[]"), 0), family=family) as other:
        port = other.getsockname()[1]
        clone.configure(HTTP_BIND=f"{address}:{port}")
        line = only_line(clone.make("up"))
    assert line.startswith(
        f"up: port {port} is in use: stop the program that listens on {address.strip('[]')}:{port}, or set "
    )
    assert clone.is_down()


@pytest.mark.parametrize(
    ("pattern", "replacement", "fault"),
    [("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", "HASHES"), (r"^asgiref==[0-9.]+", "asgiref==999", "asgiref==999")],
)
def test_requirements_that_do_not_resolve_stop_before_the_start(
    unharmed: Clone, pattern: str, replacement: str, fault: str
) -> None:
    requirements = unharmed.path / "apps" / "requirements.txt"
    requirements.write_text(re.sub(pattern, replacement, requirements.read_text(), flags=re.MULTILINE))
    line = only_line(unharmed.make("up"))
    assert line.startswith("up: the images could not be built: ")
    assert fault in line
    assert line.endswith("; the stack stays in service")


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        ("WSGI_APPLICATION", "config.wsgi:nothing", "uwsgi: WSGI_APPLICATION=config.wsgi:nothing: "),
        ("ASGI_APPLICATION", "config.asgi:nothing", "module 'config.asgi' has no attribute 'nothing'"),
        ("SERVER_NAMES", "a..example", "SERVER_NAMES: 'a..example' is not a host name"),
    ],
)
def test_faults_in_the_new_images_are_reported_before_the_start(
    unharmed: Clone, setting: str, value: str, fault: str
) -> None:
    unharmed.configure(**{setting: value})
    line = only_line(unharmed.make("up"))
    assert fault in line
    assert line.endswith("; the stack stays in service")


def test_another_database_password_is_reported_with_the_cure(unharmed: Clone) -> None:
    unharmed.write_secret("postgres_password", "another")
    line = only_line(unharmed.make("up"))
    unharmed.write_secret("postgres_password", f"postgres_password-of-{unharmed.project}")
    assert line == (
        "up: migrate: the database was created with a password other than secrets/postgres_password: restore that file,"
        " or delete the database with make clean (full output: logs/up.log); the stack stays in service"
    )


def test_plain_compose_does_the_same_and_accepts_the_ended_migrate(unharmed: Clone) -> None:
    unharmed.compose("up", "--build", "--wait")


def test_a_disk_that_fills_up_costs_the_writes_of_that_time_alone(unharmed: Clone) -> None:
    student = {"name": "Ada", "age": 20, "sex": "female", "mobile": "+49123456789", "description": "x" * 2000}
    headers = {"Host": "uwsgi.localhost", "Accept": "application/json"}
    in_postgres = partial(unharmed.compose, "exec", "-T", "postgres", "sh", "-c")
    with httpx.Client(base_url=unharmed.url(), headers=headers, timeout=30) as client:
        create = partial(client.post, "/students/", json=student)
        assert create().status_code == 201
        in_postgres("cat /dev/zero >$PGDATA/rest || true")
        try:
            # The table's free pages still take a few rows.
            full = wait_until(lambda: (answer := create()).status_code != 201 and answer)
        finally:
            in_postgres("rm $PGDATA/rest")
        assert (full.status_code, full.headers["Retry-After"]) == (503, "5")
        assert set(full.json()) == {"status", "error", "detail", "request_id"}
        assert create().status_code == 201


def test_an_interrupted_make_up_reports_how_to_continue_and_holds_no_lock(unharmed: Clone) -> None:
    process = unharmed.start("make", "up")
    assert process.stdout
    for line in process.stdout:
        if line == "starting\n":
            break
    said = interrupt(process)
    assert process.returncode != 0
    assert (
        said.count("up: interrupted: make up continues from here, make down removes the started containers\n") == 1
    ), said
    wait_until(lambda: not is_locked(unharmed), message="the lock is held")


@pytest.mark.parametrize("target", ["up", "down", "ps", "clean", "test"])
def test_a_second_clone_of_the_same_name_changes_nothing(unharmed: Clone, clone: Clone, target: str) -> None:
    name = unharmed.project.removesuffix("-test") if target == "test" else unharmed.project
    clone.configure(COMPOSE_PROJECT_NAME=name)
    line = only_line(clone.make(target, FORCE="1"))
    assert (
        f"the project {unharmed.project} belongs to another folder, {unharmed.path}: set another COMPOSE_PROJECT_NAME"
        in line
    )


def test_clean_asks_first(unharmed: Clone) -> None:
    line = only_line(unharmed.make("clean"))
    assert line == (
        f"clean: this deletes the database and the uploads of {unharmed.project}: to confirm, run FORCE=1 make clean"
    )


def test_manage_runs_a_command_of_the_project(unharmed: Clone) -> None:
    assert "System check identified no issues" in unharmed.make("manage", "CMD=check").stdout


def test_make_down_completes_responses_and_sends_close_frames(running: Clone) -> None:
    """The module's last test: nothing runs afterwards. nginx and the gateways get their stop at the same moment."""
    url = running.url()

    def ask(gateway: str) -> int:
        headers = {"Host": f"{gateway}.localhost"}
        return httpx.get(f"{url}/hello/sync/?seconds=5", headers=headers, timeout=30).status_code

    def stay(gateway: str) -> int | None:
        host, port = f"{gateway}.localhost", int(url.rpartition(":")[2])
        options = {"origin": f"http://{host}:{port}", "address": ("127.0.0.1", port), "proxy": None}
        with connect(f"ws://{host}:{port}/ws/echo/", **options) as socket:
            ready.append(gateway)
            with pytest.raises(ConnectionClosed):
                socket.recv()
            return socket.close_code

    ready: list[str] = []
    with ThreadPoolExecutor() as pool:
        open_until = {gateway: pool.submit(stay, gateway) for gateway in ASGI_GATEWAYS}
        wait_until(lambda: len(ready) == len(ASGI_GATEWAYS), message="the WebSockets are open")
        answers = {gateway: pool.submit(ask, gateway) for gateway in GATEWAYS}
        # nginx passes the requests on before make can stop anything.
        wait_until(lambda: established(running) >= len(GATEWAYS) + len(ASGI_GATEWAYS), message="the requests are there")
        down = running.make("down")
    assert down.returncode == 0, down.stderr
    assert {gateway: answer.result() for gateway, answer in answers.items()} == dict.fromkeys(GATEWAYS, 200)
    assert {gateway: closed.result() for gateway, closed in open_until.items()} == dict.fromkeys(ASGI_GATEWAYS, 1012)
    assert running.is_down()


def established(clone: Clone) -> int:
    """The number of connections between nginx and its clients."""
    table = clone.compose("exec", "-T", "nginx", "cat", "/proc/net/tcp").splitlines()[1:]
    return len([line for line in table if line.split()[1].endswith(f":{8080:04X}") and line.split()[3] == "01"])
