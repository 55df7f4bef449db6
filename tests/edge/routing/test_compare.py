"""COMPARE=1 serves the site again on each gateway. With 0, no path or host bypasses an operator's rule for the site."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack, run, wait_until
from tests.support.variant import variant
from tests.support.wire import Edge

# A rule that an operator adds to the site: nobody outside may use the admin.
RULE = "location /admin/ { return 403; }"
# The ways around the rule with COMPARE=1.
PATHS = [f"/gateways/{gateway}/admin/login/" for gateway in ("uwsgi", "gunicorn", "daphne")]
HOSTS = [f"{gateway}.localhost" for gateway in ("uwsgi", "gunicorn", "daphne")]
# Other spellings of the same paths.
SPELLINGS = [
    "//gateways//uwsgi//admin/login/",
    "/gateways/./uwsgi/admin/login/",
    "/x/../gateways/gunicorn/admin/login/",
    "/%67ateways/uwsgi/admin/login/",
    "/gateways/uwsgi/gateways/daphne/admin/login/",
    "/async/../gateways/daphne/admin/login/",
    "/async/gateways/uwsgi/admin/login/",
    "/gateways/nope/admin/login/",
]


def with_rule(edge: Edge) -> None:
    """Adds the rule to the site's server, as an operator would, and reloads nginx."""
    site = "/etc/nginx/conf.d/servers/site.conf"
    command = f"sed -i 's|^    include snippets/every-host.conf;|&\\n    {RULE}|' {site} && grep -q admin {site}"
    run("docker", "exec", "--user", "0", edge.container, "sh", "-euc", command)
    run("docker", "exec", edge.container, "sh", "-euc", "cd /tmp/nginx/live && nginx -s reload -p ./ -c nginx.conf")
    # Old workers accept connections for a moment longer.
    wait_until(lambda: all(edge.get("/admin/").status == 404 for _ in range(20)), 20, "the rule on the site")


def has_admin(edge: Edge, path: str, host: str = "localhost") -> bool:
    answer = edge.get(path, host)
    return answer.status == 200 and b"csrfmiddlewaretoken" in answer.body


@pytest.fixture(scope="module")
def compared(stack: Stack) -> Iterator[Edge]:
    with variant(stack, COMPARE="1", UPLOAD_PATHS="/") as edge:
        with_rule(edge)
        yield edge


@pytest.fixture(scope="module")
def alone(stack: Stack) -> Iterator[Edge]:
    with variant(stack, COMPARE="0") as edge:
        with_rule(edge)
        yield edge


def test_the_operators_rule_applies_to_the_site(compared: Edge, alone: Edge) -> None:
    for edge in (compared, alone):
        # nginx answers its own 403 as 404 (snippets/error_pages.conf).
        assert (edge.get("/admin/login/").status, edge.get("/admin/").status) == (404, 404)


@pytest.mark.parametrize("path", PATHS)
def test_with_compare_1_a_gateways_path_bypasses_the_rule(compared: Edge, path: str) -> None:
    assert has_admin(compared, path)


@pytest.mark.parametrize("host", HOSTS)
def test_with_compare_1_a_gateways_host_bypasses_the_rule(compared: Edge, host: str) -> None:
    assert has_admin(compared, "/admin/login/", host)


@pytest.mark.parametrize("path", [*PATHS, *SPELLINGS])
def test_with_compare_0_a_gateways_path_belongs_to_the_project(alone: Edge, path: str) -> None:
    answer = alone.get(path)
    assert answer.status == 404
    # Django's own page: Django got the path unchanged.
    assert b"There is nothing at this address." in answer.body


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/admin/login/", "/", "/static/", "/gateways/uwsgi/"])
def test_with_compare_0_a_gateways_host_is_unknown(alone: Edge, path: str, host: str) -> None:
    assert alone.get(path, host).status == 421


@pytest.mark.parametrize(("path", "gateway"), [("/gateway/", "uwsgi"), ("/async/gateway/", "gunicorn")])
def test_with_compare_0_the_sites_routes_are_unchanged(alone: Edge, path: str, gateway: str) -> None:
    assert alone.get(path).json()["gateway"] == gateway


def test_a_request_without_a_host_is_rejected_with_either_setting(alone: Edge) -> None:
    assert alone.ask("GET", "/", None, version="1.0").status == 421


def test_the_folder_alone_has_no_compare_routes(stack: Stack) -> None:
    """nginx/ in another project, which does not set the variable."""
    with variant(stack, COMPARE="") as edge:
        assert edge.get("/admin/login/", "uwsgi.localhost").status == 421
