"""uwsgi.NAME, gunicorn.NAME and daphne.NAME: only that gateway answers, whatever the path."""

from collections.abc import Callable

import pytest

from tests.support.stack import GATEWAYS
from tests.support.wire import Edge

IDENTITY = {"uwsgi": ("WSGI", "uwsgi"), "gunicorn": ("ASGI", "http"), "daphne": ("ASGI", "http")}


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_every_name_of_the_site_has_a_pinned_host_for_each_gateway(
    edge: Edge, setting: Callable[[str], str], gateway: str, path: str
) -> None:
    for name in setting("SERVER_NAMES").split():
        identity = edge.get(path, f"{gateway}.{name}").json()
        found = (identity["gateway"], identity["interface"], identity["protocol"])
        assert found == (gateway, *IDENTITY[gateway]), name


def test_every_path_of_a_pinned_host_goes_to_its_gateway(edge: Edge, places: dict[str, set[str]], gateway: str) -> None:
    paths = ["/", "/students/", "/async/students/", "/async/no/such/page/", "/ws/", "/admin/login/", "/gatewaysx/"]
    entries = edge.all_logged([edge.get(path, f"{gateway}.localhost") for path in paths])
    for path, entry in zip(paths, entries, strict=True):
        assert {entry["upstream_addr"]} == places[gateway], path


@pytest.mark.parametrize("spelling", ["{}.localhost:1234", "{}.LOCALHOST", "{}.localhost.", "{}.localhost:80"])
def test_port_case_and_a_last_dot_do_not_matter(edge: Edge, gateway: str, spelling: str) -> None:
    for host in (spelling.format(gateway), spelling.format(gateway.upper())):
        assert edge.get("/async/gateway/", host).json()["gateway"] == gateway


def test_the_host_of_the_request_line_wins(edge: Edge, gateway: str) -> None:
    """HTTP demands it (RFC 9112, 3.2.2). Otherwise nginx and a gateway could disagree about the host."""
    identity = edge.get(f"http://{gateway}.localhost/gateway/", "127.0.0.1").json()
    assert (identity["gateway"], identity["host"]) == (gateway, f"{gateway}.localhost")


def test_a_pinned_host_still_compares_the_gateways(edge: Edge, gateway: str) -> None:
    found = [edge.get(f"/gateways/{other}/gateway/", f"{gateway}.localhost").json()["gateway"] for other in GATEWAYS]
    assert found == list(GATEWAYS)


def test_health_and_files_are_nginxs_there_too(edge: Edge, gateway: str) -> None:
    assert edge.get("/healthz", f"{gateway}.localhost").body == b"ok\n"
    for entry in edge.all_logged([edge.get(f"/{kind}/none", f"{gateway}.localhost") for kind in ("static", "media")]):
        assert (entry["status"], entry["upstream_addr"]) == (404, "")
