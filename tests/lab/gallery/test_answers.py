"""Every server of the gallery hosts the same project, is reachable in two ways, and identifies itself."""

import platform
import re

import httpx
import pytest

from tests.lab.gallery.table import EVERY_NAME, SERVERS, SMALL, Server
from tests.support.stack import ROOT, Stack


def locked(distribution: str) -> str:
    """The locked version, which must be the one that answers."""
    files = (
        "lab/gallery/requirements.txt",
        "lab/gallery/mod_wsgi/requirements.txt",
        "uwsgi/requirements.txt",
        "apps/requirements.txt",
    )
    name = distribution.lower().replace("_", "[-_]")
    found = [re.search(rf"^{name}==(\S+)", (ROOT / file).read_text(), re.MULTILINE) for file in files]
    return next(match[1] for match in found if match)


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_a_server_identifies_itself(ask: httpx.Client, server: Server, path: str) -> None:
    told = ask.get(path).json()
    assert {name: told[name] for name in ("gateway", "server", "interface", "protocol")} == {
        "gateway": server.name,
        "server": server.server,
        "interface": server.interface,
        "protocol": server.protocol,
    }


def test_a_server_reports_its_version(ask: httpx.Client, server: Server) -> None:
    told = ask.get("/gateway/").json()
    assert told["version"] == (told["python"] if server.distribution == "python" else locked(server.distribution))
    assert told["python"].rpartition(".")[0] == platform.python_version().rpartition(".")[0]


def test_the_prefix_leads_to_the_same_server_as_the_host(http: httpx.Client, server: Server) -> None:
    assert http.get(f"/gateways/{server.name}/gateway/").json()["gateway"] == server.name


@pytest.mark.parametrize(("name", "path"), SMALL)
def test_the_applications_of_the_teaching_notes_answer_as_documented(http: httpx.Client, name: str, path: str) -> None:
    for answer in (http.get(path, headers={"Host": f"{name}.localhost"}), http.get(f"/gateways/{name}{path}")):
        assert (answer.status_code, answer.text) == (200, SMALL[name, path])


def test_fastapi_waits_for_a_tenth_of_a_second_first(http: httpx.Client) -> None:
    assert http.get("/gateways/fastapi/").elapsed.total_seconds() >= 0.1


def test_the_default_gateways_are_unchanged(http: httpx.Client, gateway: str) -> None:
    assert http.get(f"/gateways/{gateway}/gateway/").json()["gateway"] == gateway
    assert http.get("/gateway/", headers={"Host": f"{gateway}.localhost"}).json()["gateway"] == gateway


@pytest.mark.parametrize("host", ["nobody.localhost", "cgi.example.com", "cgi.cgi.localhost.evil", "xcgi.localhost"])
def test_a_host_that_is_not_in_the_table_is_rejected(http: httpx.Client, host: str) -> None:
    assert http.get("/gateway/", headers={"Host": host}).status_code == 421


def test_a_prefix_that_is_not_in_the_table_is_not_found(http: httpx.Client) -> None:
    assert http.get("/gateways/nobody/gateway/").status_code == 404


def test_nginx_and_compose_know_the_names_of_the_table(stack: Stack) -> None:
    upstreams = re.findall(
        r"^upstream (\S+)", (ROOT / "lab/gallery/nginx/conf.d/servers/gallery.conf").read_text(), re.MULTILINE
    )
    services = set(stack.compose("config", "--services").stdout.split())
    assert sorted(upstreams) == sorted(EVERY_NAME)
    assert set(EVERY_NAME) <= services
    assert len({server.name for server in SERVERS}) == len(SERVERS)
