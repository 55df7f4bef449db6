"""The default host: the gateway of each path, and what nginx answers itself."""

import pytest

from tests.support.wire import Edge

# uWSGI serves every path that has no other route (`location /` of nginx/conf.d/servers/site.conf).
ROUTES = [
    ("/", "uwsgi"),
    ("/gateway/", "uwsgi"),
    ("/students/", "uwsgi"),
    ("/hello/async/", "uwsgi"),
    ("/admin/login/", "uwsgi"),
    ("/upload/", "uwsgi"),
    ("/readyz", "uwsgi"),
    ("/no/such/page/", "uwsgi"),
    ("/async/gateway/", "gunicorn"),
    ("/async/students/", "gunicorn"),
    ("/async/hello/sync/", "gunicorn"),
    ("/async/no/such/page/", "gunicorn"),
    ("/ws/", "daphne"),
    ("/ws/echo/", "daphne"),
]

# nginx routes the normalized path, however it is written.
SPELLINGS = [
    ("/x/../async/gateway/", "gunicorn"),
    ("/async/../gateway/", "uwsgi"),
    ("/%61sync/gateway/", "gunicorn"),
    ("/async%2Fgateway/", "gunicorn"),
    ("//async///gateway/", "gunicorn"),
    ("/./async/./gateway/?/../..", "gunicorn"),
    ("http://localhost/async/gateway/", "gunicorn"),
]

# Paths that only resemble a route.
NOT_ROUTES = [
    (path, "uwsgi")
    for path in ("/ASYNC/gateway/", "/asyncx/", "/x/async/gateway/", "/?/async/", "/wsx/", "/healthz/", "/healthzz")
]


def test_a_path_goes_to_its_gateway_and_no_other(edge: Edge, places: dict[str, set[str]], gateway: str) -> None:
    paths = [path for path, name in ROUTES + SPELLINGS + NOT_ROUTES if name == gateway]
    for path, entry in zip(paths, edge.all_logged([edge.get(path) for path in paths]), strict=True):
        assert (entry["gateway"], {entry["upstream_addr"]}) == (gateway, places[gateway]), path


@pytest.mark.parametrize(("path", "gateway"), SPELLINGS)
def test_an_equivalent_spelling_reaches_the_same_page(edge: Edge, path: str, gateway: str) -> None:
    assert edge.get(path).json()["gateway"] == gateway


@pytest.mark.parametrize(
    ("path", "gateway", "interface", "protocol"),
    [("/gateway/", "uwsgi", "WSGI", "uwsgi"), ("/async/gateway/", "gunicorn", "ASGI", "http")],
)
def test_the_page_names_the_gateway_and_its_interface(
    edge: Edge, path: str, gateway: str, interface: str, protocol: str
) -> None:
    identity = edge.get(path).json()
    assert (identity["gateway"], identity["interface"], identity["protocol"]) == (gateway, interface, protocol)


@pytest.mark.parametrize("path", ["/async", "/ws", "/gateways/uwsgi", "/gateways/gunicorn", "/gateways/daphne"])
def test_without_its_last_slash_a_route_is_redirected_to_itself(edge: Edge, path: str) -> None:
    answer = edge.get(f"{path}?a=%20b&c=/")
    # Without host and port: nginx knows only the port inside its container.
    assert (answer.status, answer.one("Location")) == (301, f"{path}/?a=%20b&c=/")


@pytest.mark.parametrize("path", ["/healthz", "/healthz?x=1", "/static/no-such-file", "/media/no-such-file"])
def test_nginx_answers_without_any_gateway(edge: Edge, path: str) -> None:
    answer = edge.get(path)
    if path.startswith("/healthz"):
        assert (answer.status, answer.body) == (200, b"ok\n")
    else:
        entry = edge.logged(answer)
        assert (entry["status"], entry["gateway"], entry["upstream_addr"]) == (404, "", "")


def test_health_checks_do_not_fill_the_access_log(edge: Edge) -> None:
    request_id = edge.get("/healthz").one("X-Request-ID")
    # The log is in the order of the answers: if it has a later request, it would have the earlier one too.
    edge.logged(edge.get("/static/no-such-file"))
    assert not [line for line in edge.log("--tail", "100") if request_id in line]


@pytest.mark.parametrize("path", ["/ws/", "/ws/echo/", "/ws/rooms/lobby/"])
def test_a_websocket_address_without_an_upgrade_is_djangos_404(edge: Edge, path: str) -> None:
    answer = edge.get(path, headers=[("Accept", "application/json")])
    assert (answer.status, answer.json()["detail"]) == (404, "There is nothing at this address.")


def test_nginxs_own_pages_cannot_be_requested(edge: Edge) -> None:
    for path in (
        "/.nginx/errors/error.json",
        "/.nginx/errors/error.html",
        "/.nginx/errors/",
        "/%2enginx/errors/error.json",
    ):
        answer = edge.get(path)
        assert (answer.status, b"<!--#" in answer.body) == (404, False)
