"""/gateways/NAME/path on any host: the same path without the prefix, on that gateway."""

import pytest

from tests.support.wire import Edge

# APPEND_SLASH redirects to the path and query string that Django got, so the redirect shows both.
ECHOES = [
    ("/gateway", "/gateway/"),
    ("/gateway?", "/gateway/"),
    ("/gateway?a=%20b&a=2&c=%2F%3F&d&e=+", "/gateway/?a=%20b&a=2&c=%2F%3F&d&e=+"),
    ("/gateway?next=/gateways/daphne/x", "/gateway/?next=/gateways/daphne/x"),
    ("/gateway?q=%C3%BC%E2%82%AC", "/gateway/?q=%C3%BC%E2%82%AC"),
    ("//gateway", "/gateway/"),
    ("/./gateway", "/gateway/"),
    ("/x/../gateway", "/gateway/"),
    ("/%67ateway", "/gateway/"),
    ("/gateway#fragment", "/gateway/"),
]

UNKNOWN = ["nope", "UWSGI", "uwsgi2", "uwsgi.", "uwsg", "-", "nginx", "postgres:5432", "127.0.0.1", "uwsgi%20"]
PINNED = "gunicorn.localhost"

# The admin redirects to its login and names the path that Django got, with any characters in it.
ESCAPES = [
    "/admin/%C3%BC%E2%82%AC/",
    "/admin/a%20b/",
    "/admin/100%25/",
    "/admin/a%3Fb%23c/",
    "/admin/a+b;c=d,e/",
    "/admin/%2E%2E./",
]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "uwsgi.localhost", "daphne.localhost"])
@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_the_prefix_names_the_gateway_on_any_host(edge: Edge, gateway: str, host: str, path: str) -> None:
    identity = edge.get(f"/gateways/{gateway}{path}", host).json()
    assert (identity["gateway"], identity["host"]) == (gateway, host)


@pytest.mark.parametrize(("path", "told"), ECHOES)
def test_path_and_query_string_arrive_without_the_prefix(edge: Edge, gateway: str, path: str, told: str) -> None:
    answer = edge.get(f"/gateways/{gateway}{path}")
    assert (answer.status, answer.one("Location")) == (301, told)


@pytest.mark.parametrize("path", ESCAPES)
def test_an_escaped_path_is_the_same_with_and_without_the_prefix(edge: Edge, gateway: str, path: str) -> None:
    with_prefix = edge.get(f"/gateways/{gateway}{path}?a=%2F").one("Location")
    assert with_prefix == edge.get(f"{path}?a=%2F", f"{gateway}.localhost").one("Location")
    assert with_prefix.startswith("/admin/login/?next=/admin/")


@pytest.mark.parametrize(
    "path",
    [
        "/gateways/uwsgi/../{}/gateway/",
        "//gateways//{}//gateway//",
        "/gateways/./{}/./gateway/",
        "/%67ateways/{}/gateway/",
        "/gateways%2F{}%2Fgateway%2F",
        "/x/../gateways/{}/gateway/?/../../uwsgi",
    ],
)
def test_other_spellings_of_the_prefix_mean_the_same(edge: Edge, gateway: str, path: str) -> None:
    assert edge.get(path.format(gateway)).json()["gateway"] == gateway


def test_the_prefix_is_removed_once(edge: Edge, gateway: str) -> None:
    """The second prefix is part of the application's path: the same gateway has no such page."""
    answer = edge.get(f"/gateways/{gateway}/gateways/daphne/gateway/")
    assert (answer.status, edge.logged(answer)["gateway"]) == (404, gateway)


def test_below_the_prefix_no_path_is_nginxs_own(edge: Edge, gateway: str) -> None:
    answers = [edge.get(f"/gateways/{gateway}/{path}") for path in ("healthz", "static/staticfiles.json", "media/x")]
    for answer, entry in zip(answers, edge.all_logged(answers), strict=True):
        assert (answer.status, entry["gateway"]) == (404, gateway)


def test_an_unknown_name_reaches_no_gateway(edge: Edge) -> None:
    answers = [edge.get(f"/gateways/{name}/gateway/", host) for name in UNKNOWN for host in ("localhost", PINNED)]
    for answer, entry in zip(answers, edge.all_logged(answers), strict=True):
        assert (answer.status, entry["upstream_addr"]) == (404, ""), entry["uri"]
    assert edge.get("/gateways/%00uwsgi/gateway/").status == 400


def test_the_404_of_an_unknown_name_lists_the_known_ones(edge: Edge) -> None:
    detail = edge.get("/gateways/nope/").json()["detail"]
    assert "no such gateway" in detail
    assert all(f"/gateways/{name}/" in detail for name in ("uwsgi", "gunicorn", "daphne"))
