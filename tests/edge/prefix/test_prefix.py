"""URL_PREFIX=/app: the whole site is below /app/ on each gateway, and nothing is outside it."""

import hashlib
import re
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.support.beside import beside
from tests.support.stack import GATEWAYS, Stack
from tests.support.uploads import FORM, JSON, form
from tests.support.wire import Edge

PREFIX = "/app"
# Each gateway by its path and by its host.
WAYS = [("localhost", f"{PREFIX}/gateways/{gateway}", gateway) for gateway in GATEWAYS]
WAYS += [(f"{gateway}.localhost", PREFIX, gateway) for gateway in GATEWAYS]
UPGRADE = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
UPGRADE += [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]


@pytest.fixture(scope="module")
def stack(stack: Stack) -> Iterator[Stack]:
    with beside(stack, "prefix", "tests/edge/prefix/compose.yaml", URL_PREFIX=PREFIX) as other:
        yield other


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/gateway/",
            "/livez",
            "/static/lobby/lobby.css",
            "/media/x",
            "/async/gateway/",
            "/gateways/uwsgi/livez",
        ),
        *("/apple/", "/app.css", "/APP/gateway/", "/x/app/gateway/", "/app/../gateway/"),
    ],
)
def test_paths_outside_the_prefix_get_nginxs_404(edge: Edge, path: str) -> None:
    answer = edge.get(path, headers=[("Accept", "application/json")])
    assert (answer.status, answer.json()["detail"]) == (404, "There is no such file.")
    assert edge.logged(answer)["gateway"] == ""


def test_a_websocket_outside_the_prefix_is_404(edge: Edge) -> None:
    assert edge.get("/ws/echo/", headers=[*UPGRADE, ("Origin", "http://localhost")]).status == 404


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "daphne.localhost"])
def test_without_its_slash_the_prefix_is_redirected(edge: Edge, host: str) -> None:
    answer = edge.get("/app?a=%2F&b", host)
    assert (answer.status, answer.one("Location")) == (301, f"http://{host}/app/?a=%2F&b")


@pytest.mark.parametrize("path", ["/healthz", "/app/healthz"])
def test_nginx_answers_its_own_health_check_wherever_it_is_asked(edge: Edge, path: str) -> None:
    assert edge.get(path, "10.1.2.3" if path == "/healthz" else "localhost").status == 200


@pytest.mark.parametrize(("host", "root", "gateway"), WAYS)
@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/", "/livez"])
def test_each_gateway_answers_below_the_prefix(edge: Edge, host: str, root: str, gateway: str, path: str) -> None:
    answer = edge.get(root + path, host)
    assert (answer.status, edge.logged(answer)["gateway"]) == (200, gateway)
    if path != "/livez":
        assert answer.json()["gateway"] == gateway


def test_the_routes_are_below_the_prefix(edge: Edge) -> None:
    asked = ["/app/gateway/", "/app/async/gateway/"]
    assert [edge.get(path).json()["gateway"] for path in asked] == ["uwsgi", "gunicorn"]


@pytest.mark.parametrize(("host", "root", "gateway"), WAYS)
def test_redirects_have_the_prefix(edge: Edge, host: str, root: str, gateway: str) -> None:
    # APPEND_SLASH uses the path that Django got; the login redirect uses a URL of Django's, and the path to return to.
    assert edge.get(f"{root}/gateway?a=%20b", host).one("Location") == "/app/gateway/?a=%20b"
    assert edge.get(f"{root}/admin/a%20b/", host).one("Location") == "/app/admin/login/?next=/app/admin/a%2520b/"


@pytest.mark.parametrize(("host", "root", "gateway"), WAYS)
def test_the_prefix_is_removed_once(edge: Edge, host: str, root: str, gateway: str) -> None:
    answer = edge.get(f"{root}/app/gateway/", host)
    assert (answer.status, b"There is nothing at this address." in answer.body) == (404, True)


@pytest.mark.parametrize(("host", "root", "gateway"), WAYS)
def test_links_files_and_cookies_have_the_prefix(edge: Edge, host: str, root: str, gateway: str) -> None:
    for page in ("/", "/admin/login/", "/upload/"):
        answer = edge.get(root + page, host)
        assert answer.status == 200
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', answer.body.decode())
        assert links
        assert [link for link in links if not link.startswith("/app/")] == []
        for file in (link for link in links if link.startswith("/app/static/")):
            found = edge.get(file, host)
            assert (found.status, "immutable" in found.one("Cache-Control")) == (200, True)
    (cookie,) = edge.get(f"{root}/admin/login/", host).all("Set-Cookie")
    assert "; Path=/app;" in f"{cookie};"


def test_the_lobbys_script_uses_the_prefix(edge: Edge) -> None:
    page = edge.get("/app/").body.decode()
    assert 'data-root="/app"' in page
    (script,) = re.findall(r'<script src="([^"]+)"', page)
    # Every path in the script begins with the root that the page names.
    paths = re.findall(r"(\S)/(?:gateways|gateway|async|ws)/", edge.get(script).body.decode().split('"use strict"')[1])
    assert set(paths) == {"}"}


def test_gateways_reach_each_other_below_the_prefix(edge: Edge) -> None:
    answers = edge.get("/app/async/roll-call/").json()["gateways"]
    assert [who["gateway"] for who in answers.values()] == list(GATEWAYS)


@pytest.mark.parametrize(("host", "root", "gateway"), WAYS)
def test_an_upload_is_served_below_the_prefix(edge: Edge, host: str, root: str, gateway: str) -> None:
    content = gateway.encode() * 1000
    stored = edge.ask("POST", f"{root}/upload/", host, [FORM, JSON], form("x.txt", content)).json()
    assert stored["url"].startswith("/app/media/")
    answer = edge.get(stored["url"], host)
    assert (answer.status, hashlib.sha256(answer.body).hexdigest()) == (200, stored["sha256"])
    assert answer.one("Content-Disposition") == "attachment"
    assert edge.get(stored["url"].removeprefix("/app"), host).status == 404


@pytest.mark.parametrize(("host", "root", "gateway"), [way for way in WAYS if way[2] != "uwsgi"])
def test_a_websocket_is_served_below_the_prefix(edge: Edge, host: str, root: str, gateway: str) -> None:
    port = edge.address[1]
    address = {"origin": f"http://{host}:{port}", "address": edge.address, "proxy": None}
    with connect(f"ws://{host}:{port}{root}/ws/echo/", **address) as socket:
        socket.send("hello")
        assert "hello" in str(socket.recv(timeout=10))


@pytest.mark.parametrize("path", ["/app/static/none.css", "/app/media/none", "/app/gateways/none/"])
def test_nginxs_own_errors_have_our_page(edge: Edge, path: str) -> None:
    answer = edge.get(path, headers=[("Accept", "text/html")])
    assert (answer.status, answer.one("Content-Type")) == (404, "text/html; charset=utf-8")


# The last test: uWSGI is down afterwards.
def test_another_gateway_answers_for_one_that_is_down(stack: Stack, edge: Edge) -> None:
    stack.compose("stop", "--timeout", "0", "uwsgi")
    answer = edge.get("/app/gateway")
    assert (answer.status, answer.one("Location")) == (301, "/app/gateway/")
    assert answer.one("X-Stepped-In") == "gunicorn for uwsgi"
