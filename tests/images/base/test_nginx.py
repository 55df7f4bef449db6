"""The nginx base image: user 101, mime.types, SIGQUIT, and an nginx that resolves upstream names again."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.base.conftest import Inside
from tests.support.containers import LABEL, started
from tests.support.stack import run, wait_until

# The upstream does not exist when nginx starts.
EDGE = """
pid /tmp/nginx.pid;
events {}
http {
    resolver 127.0.0.11 valid=1s ipv6=off;
    upstream late { zone late 64k; server late:8080 resolve max_fails=0; }
    server { listen 8080; location / { proxy_pass http://late; } }
}
"""
LATE = """
pid /tmp/nginx.pid;
events {}
http { server { listen 8080; return 200 "born\\n"; } }
"""


@pytest.fixture(scope="module")
def image(setting: Callable[[str], str]) -> str:
    return setting("NGINX_IMAGE")


def test_the_user_nginx_is_101(inside: Inside) -> None:
    script = "id -u nginx && id -g nginx && id -gn nginx"
    assert inside("NGINX", "sh", "-c", script).stdout.split() == ["101", "101", "nginx"]


def test_it_stops_on_sigquit_which_finishes_requests(config: Callable[[str], dict[str, Any]]) -> None:
    assert config("NGINX")["StopSignal"] == "SIGQUIT"


def test_it_runs_nginx_in_the_foreground(config: Callable[[str], dict[str, Any]]) -> None:
    assert config("NGINX")["Cmd"] == ["nginx", "-g", "daemon off;"]


@pytest.mark.parametrize("path", ["/etc/nginx/nginx.conf", "/etc/nginx/mime.types"])
def test_files_of_the_image_that_our_folder_needs_exist(inside: Inside, path: str) -> None:
    assert inside("NGINX", "test", "-s", path, check=False).returncode == 0


@pytest.mark.parametrize(
    ("kind", "suffix"), [("text/css", "css"), ("image/svg+xml", "svg"), ("text/html", "html"), ("font/woff2", "woff2")]
)
def test_mime_types_know_what_a_site_is_made_of(inside: Inside, kind: str, suffix: str) -> None:
    types = inside("NGINX", "cat", "/etc/nginx/mime.types").stdout
    assert re.search(rf"^\s*{re.escape(kind)}\s[^;]*\b{suffix}\b", types, re.MULTILINE)


def test_it_is_new_enough_to_resolve_upstreams(inside: Inside) -> None:
    said = inside("NGINX", "nginx", "-v").stderr
    version = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
    assert version
    assert tuple(map(int, version.groups())) >= (1, 27, 3)


@pytest.mark.parametrize("module", ["http_ssl", "http_v2", "http_v3", "http_gzip_static", "http_realip"])
def test_it_is_built_with_the_modules_that_the_stack_uses(inside: Inside, module: str) -> None:
    assert f"--with-{module}_module" in inside("NGINX", "nginx", "-V").stderr


def test_curl_exists_for_the_health_check(inside: Inside) -> None:
    assert inside("NGINX", "sh", "-c", "command -v curl").stdout.strip() == "/usr/bin/curl"


@pytest.fixture
def network() -> Iterator[str]:
    name = f"{os.environ['COMPOSE_PROJECT_NAME']}-images"
    run("docker", "network", "create", *LABEL, name)
    try:
        yield name
    finally:
        run("docker", "network", "rm", name)


def test_nginx_starts_without_its_upstream_and_finds_it_later(image: str, network: str, tmp_path: Path) -> None:
    (tmp_path / "edge").write_text(EDGE)
    (tmp_path / "late").write_text(LATE)
    options = ("--network", network)
    with started(*options, image, files={"/etc/nginx/nginx.conf": str(tmp_path / "edge")}) as edge:
        ask = ("docker", "exec", edge, "curl", "--silent", "--max-time", "5", "http://127.0.0.1:8080/")
        wait_until(lambda: "502" in run(*ask, check=False).stdout, message="nginx serves without its upstream")
        files = {"/etc/nginx/nginx.conf": str(tmp_path / "late")}
        with started(*options, "--network-alias", "late", image, files=files):
            wait_until(lambda: run(*ask, check=False).stdout == "born\n", message="nginx finds its upstream")
