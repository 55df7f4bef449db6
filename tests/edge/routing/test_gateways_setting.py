"""GATEWAYS: nginx has the upstreams, routes, fallbacks, hosts and paths of these gateways, and no others."""

import re

import pytest

from tests.support.stack import Stack, run
from tests.support.variant import variant

ALL = ("uwsgi", "gunicorn", "daphne")

# For each subset: what answers /, /async/ and /ws/, each with its fallback.
ROUTES = {
    "uwsgi": ("uwsgi", "uwsgi", "uwsgi"),
    "gunicorn": ("gunicorn", "gunicorn", "gunicorn"),
    "daphne": ("daphne", "daphne", "daphne"),
    "uwsgi gunicorn": ("uwsgi, else gunicorn", "gunicorn, else uwsgi", "gunicorn"),
    "uwsgi daphne": ("uwsgi, else daphne", "daphne, else uwsgi", "daphne"),
    "gunicorn daphne": ("gunicorn, else daphne", "gunicorn, else daphne", "daphne, else gunicorn"),
    "uwsgi gunicorn daphne": ("uwsgi, else gunicorn", "gunicorn, else uwsgi", "daphne, else gunicorn"),
}


def ask_nginx(stack: Stack, *command: str, **environment: str) -> tuple[int, str]:
    """Runs a command in the nginx image with other settings; returns its status and all output."""
    variables = {"SERVER_NAMES": "localhost", "UPLOAD_LIMIT": "1m", "UPLOAD_PATHS": "/upload/"} | environment
    options = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    done = run("docker", "run", "--rm", "--network", "none", *options, f"{stack.project}-nginx", *command, check=False)
    return done.returncode, done.stdout + done.stderr


def file_of(whole: str, name: str) -> str:
    """One file of what `nginx -T` prints."""
    return whole.split(f"/{name}:\n", 1)[1].split("# configuration file ", 1)[0]


def route(whole: str, name: str) -> str:
    """A route as in ROUTES."""
    to = re.compile(r"include snippets/to/(\w+)\.conf;")
    own = file_of(whole, f"rendered/routes/{name}.conf")
    (gateway,) = to.findall(own)
    if f"@{name}_fallback" not in own:
        return str(gateway)
    (fallback,) = to.findall(file_of(whole, f"rendered/routes/{name}_fallback.conf"))
    return f"{gateway}, else {fallback}"


@pytest.mark.parametrize("gateways", ROUTES)
def test_every_subset_is_a_valid_configuration_with_these_gateways_alone(stack: Stack, gateways: str) -> None:
    status, _ = ask_nginx(stack, "nginx", "-t", GATEWAYS=gateways, COMPARE="0")
    assert status == 0
    status, whole = ask_nginx(stack, "nginx", "-T", GATEWAYS=gateways, COMPARE="1")
    assert status == 0, whole
    assert "test is successful" in whole
    assert set(re.findall(r"^upstream (\w+) ", whole, re.MULTILINE)) == set(gateways.split())
    assert tuple(route(whole, name) for name in ("site", "async", "ws")) == ROUTES[gateways]
    for gateway in ALL:
        there = gateway in gateways.split()
        assert (f"server_name {gateway}.localhost;" in whole) == there
        assert (f"location /gateways/{gateway}/ {{" in whole) == there
        assert (f"location @{gateway}_again {{" in whole) == there
        assert bool(re.search(rf"^ *include snippets/to/{gateway}\.conf;", whole, re.MULTILINE)) == there


@pytest.mark.parametrize(
    ("gateways", "fault"),
    [("uwsgi apache", "there is no gateway 'apache'"), ("daphne daphne", "'daphne' is there twice"), (" ", "is empty")],
)
def test_other_names_are_refused_in_one_line(stack: Stack, gateways: str, fault: str) -> None:
    status, said = ask_nginx(stack, "nginx", "-t", GATEWAYS=gateways)
    assert status == 64
    assert len(said.splitlines()) == 1
    assert said.startswith("nginx/entrypoint: GATEWAYS")
    assert fault in said


def test_the_folder_alone_has_all_three(stack: Stack) -> None:
    _, whole = ask_nginx(stack, "nginx", "-T", GATEWAYS="")
    assert set(re.findall(r"^upstream (\w+) ", whole, re.MULTILINE)) == set(ALL)


def test_with_uwsgi_alone_an_upgrade_gets_501_and_asynchronous_views_run(stack: Stack) -> None:
    with variant(stack, GATEWAYS="uwsgi") as edge:
        answer = edge.get("/ws/echo/", headers=[("Upgrade", "websocket"), ("Connection", "Upgrade")])
        assert (answer.status, answer.json()["error"]) == (501, "Not Implemented")
        assert answer.json()["detail"] == "This gateway uses WSGI, which does not support WebSockets."
        assert edge.get("/async/gateway/").json()["gateway"] == "uwsgi"
        assert edge.get("/gateway/").json()["gateway"] == "uwsgi"


def test_the_texts_name_the_gateways_that_there_are(stack: Stack) -> None:
    with variant(stack, GATEWAYS="uwsgi daphne") as edge:
        upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        assert edge.get("/", headers=upgrade).json()["detail"].endswith(" Use /ws/, or the gateway daphne.")
        nowhere = edge.get("/gateways/gunicorn/gateway/", headers=[("Accept", "application/json")])
        assert (nowhere.status, nowhere.json()["detail"]) == (
            404,
            "There is no such gateway. Use /gateways/uwsgi/ or /gateways/daphne/.",
        )
        assert edge.get("/gateway/", "gunicorn.localhost").status == 421
