"""GATEWAYS with fewer than three: make up, make roll, the summary and plain `docker compose up` follow it."""

import json
import os
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.clone import Clone
from tests.support.stack import run, wait_until

ALL = ("uwsgi", "gunicorn", "daphne")
# What answers /, /async/ and /ws/.
ROUTES = {"uwsgi daphne": ("uwsgi", "daphne", "daphne"), "gunicorn": ("gunicorn", "gunicorn", "gunicorn")}


@pytest.fixture(scope="module", params=ROUTES)
def subset(request: pytest.FixtureRequest) -> Iterator[tuple[Clone, str, str]]:
    """A clone that runs with these gateways, their names, and what its make up printed."""
    made = Clone.of_the_repository("subset", f"{os.environ['COMPOSE_PROJECT_NAME']}-subset")
    made.configure(GATEWAYS=f'"{request.param}"', COMPARE="1", URL_PREFIX="", SERVER_NAMES="localhost")
    try:
        said = made.make("up")
        assert said.returncode == 0, said.stdout + said.stderr
        yield made, request.param, said.stdout
    finally:
        made.remove()


def services(clone: Clone) -> set[str]:
    """Every service with a running container, whether Compose would start it or not."""
    found = clone.run(
        "docker",
        "ps",
        "--filter",
        f"label=com.docker.compose.project={clone.project}",
        "--format",
        '{{.Label "com.docker.compose.service"}}',
    )
    return set(found.stdout.split())


def get(clone: Clone, path: str, host: str = "localhost") -> httpx.Response:
    return httpx.get(clone.url() + path, headers={"Host": host, "Accept": "application/json"}, timeout=30)


def logged(clone: Clone, path: str) -> list[str]:
    """The gateways that nginx asked for this path, from its access log."""
    # Compose may put an escape sequence before a line.
    lines = run("docker", "logs", clone.compose("ps", "--quiet", "nginx").strip()).stdout.splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return [entry["gateway"] for entry in entries if entry["uri"] == path]


def test_these_gateways_run_and_no_others(subset: tuple[Clone, str, str]) -> None:
    clone, gateways, said = subset
    assert services(clone) == {"nginx", "postgres", "valkey", *gateways.split()}
    for gateway in ALL:
        assert (f"  {gateway} " in said) == (gateway in gateways.split())


def test_plain_compose_starts_the_same(subset: tuple[Clone, str, str]) -> None:
    clone, _, _ = subset
    before = clone.owned("container")
    clone.compose("up", "--detach", "--no-build", "--wait")
    assert clone.owned("container") == before


def test_every_route_is_answered(subset: tuple[Clone, str, str]) -> None:
    clone, gateways, _ = subset
    site, asynchronous, websockets = ROUTES[gateways]
    assert get(clone, "/gateway/").json()["gateway"] == site
    assert get(clone, "/async/gateway/").json()["gateway"] == asynchronous
    assert get(clone, "/readyz").status_code == 200
    port = int(clone.url().rpartition(":")[2])
    options = {"origin": f"http://localhost:{port}", "address": ("127.0.0.1", port), "proxy": None}
    with connect(f"ws://localhost:{port}/ws/echo/", **options) as socket:
        socket.send("hello")
        assert "hello" in str(socket.recv(timeout=10))
    # nginx logs a WebSocket when it has ended.
    wait_until(lambda: logged(clone, "/ws/echo/") == [websockets], 10, "the line of the WebSocket")


def test_only_these_gateways_have_a_host_and_a_path(subset: tuple[Clone, str, str]) -> None:
    clone, gateways, _ = subset
    for gateway in ALL:
        path, host = get(clone, f"/gateways/{gateway}/gateway/"), get(clone, "/gateway/", f"{gateway}.localhost")
        if gateway in gateways.split():
            assert path.json()["gateway"] == host.json()["gateway"] == gateway
        else:
            assert (path.status_code, host.status_code) == (404, 421)


def test_nginx_fails_over_to_the_other_gateway_if_there_is_one(subset: tuple[Clone, str, str]) -> None:
    clone, gateways, _ = subset
    first = ROUTES[gateways][0]
    clone.compose("stop", first)
    try:
        if gateways == first:
            wait_until(lambda: get(clone, "/gateway/").status_code == 503, 15, "nginx no longer has its address")
        else:
            answer = get(clone, "/gateway/")
            assert answer.json()["gateway"] == "daphne"
            assert answer.headers["X-Stepped-In"] == "daphne for uwsgi"
    finally:
        clone.compose("up", "--detach", "--wait", "--no-build", "--no-deps", first)


def test_make_roll_rolls_these(subset: tuple[Clone, str, str]) -> None:
    clone, gateways, _ = subset
    said = clone.make("roll")
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"rolled: nginx {gateways}\n" in said.stdout
    assert services(clone) == {"nginx", "postgres", "valkey", *gateways.split()}
    refused = clone.make("roll", "GATEWAY=apache")
    assert f"choose from nginx {gateways};" in refused.stderr


def test_make_manage_runs_on_one_of_them(subset: tuple[Clone, str, str]) -> None:
    clone, _, _ = subset
    assert "System check identified no issues" in clone.make("manage", "CMD=check").stdout


# From here on, the tests change the subset, so they come last, and one of the two is enough.
ONE = pytest.mark.parametrize("subset", ["gunicorn"], indirect=True)


@ONE
def test_a_gateway_comes_and_another_goes_by_make_up(subset: tuple[Clone, str, str]) -> None:
    clone, _, _ = subset
    clone.configure(GATEWAYS='"daphne"')
    said = clone.make("up")
    assert said.returncode == 0, said.stdout + said.stderr
    assert services(clone) == {"nginx", "postgres", "valkey", "daphne"}
    assert {get(clone, path).json()["gateway"] for path in ("/gateway/", "/async/gateway/")} == {"daphne"}


@ONE
def test_a_roll_of_one_gateway_starts_a_new_one_too(subset: tuple[Clone, str, str]) -> None:
    clone, _, _ = subset
    clone.configure(GATEWAYS='"daphne gunicorn"')
    said = clone.make("roll", "GATEWAY=daphne")
    assert said.returncode == 0, said.stdout + said.stderr
    assert services(clone) == {"nginx", "postgres", "valkey", "daphne", "gunicorn"}
    assert get(clone, "/async/gateway/").json()["gateway"] == "gunicorn"


@ONE
def test_make_down_stops_a_gateway_whose_profile_is_off(subset: tuple[Clone, str, str]) -> None:
    clone, _, _ = subset
    clone.configure(GATEWAYS='"uwsgi"', COMPOSE_PROFILES="uwsgi")
    said = clone.make("down")
    assert said.returncode == 0, said.stderr
    assert clone.is_down()
