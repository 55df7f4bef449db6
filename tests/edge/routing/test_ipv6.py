"""IPv6: a literal address is a valid host, and nginx listens on IPv6 if its container has an address."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.stack import Stack, run, wait_until

# Paths in the container.
LISTENS = "/tmp/nginx/rendered/listen.conf"  # noqa: S108
SCRATCH = "/tmp/rendered"  # noqa: S108


@dataclass(frozen=True)
class Inside:
    """An nginx that is asked from inside its container: the host's engine may not forward IPv6."""

    container: str

    def status(self, url: str, *options: str) -> int:
        curl = ("curl", "-s", "--globoff", "--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}")
        return int(run("docker", "exec", self.container, *curl, *options, url).stdout)


@pytest.fixture(scope="module")
def inside(stack: Stack) -> Iterator[Inside]:
    """nginx on a network with IPv6, with ::1 among its names."""
    name = f"{stack.project}-ipv6"
    subnet = f"fd00:{secrets.token_hex(2)}:{secrets.token_hex(2)}::/64"
    run("docker", "network", "create", "--ipv6", "--subnet", subnet, name)
    try:
        options = ("--network", name, "--label", f"tricorn.test={stack.project}")
        environment = ("--env", "SERVER_NAMES=localhost [::1]", "--env", "UPLOAD_LIMIT=1m", "--env", "COMPARE=1")
        container = run("docker", "run", "--detach", *options, *environment, f"{stack.project}-nginx").stdout.strip()
        try:
            here = Inside(container)
            wait_until(lambda: here.status("http://127.0.0.1:8080/healthz") == 200, 20, "nginx")
            yield here
        finally:
            run("docker", "rm", "--force", container)
    finally:
        run("docker", "network", "rm", name)


def test_it_listens_on_both(inside: Inside) -> None:
    assert inside.status("http://127.0.0.1:8080/healthz") == inside.status("http://[::1]:8080/healthz") == 200


def test_it_listens_on_the_address_that_the_network_gave_it(inside: Inside) -> None:
    (found,) = json.loads(run("docker", "inspect", inside.container).stdout)
    (network,) = found["NetworkSettings"]["Networks"].values()
    assert inside.status(f"http://[{network['GlobalIPv6Address']}]:8080/healthz") == 200


@pytest.mark.parametrize(
    ("host", "status"),
    # 404: the site answers, and has no such file. 421: not a host of the site.
    [("[::1]", 404), ("[::1]:8080", 404), ("localhost", 404), ("[::2]", 421), ("uwsgi.[::1]", 400)],
)
def test_a_literal_address_is_served_if_it_is_in_server_names(inside: Inside, host: str, status: int) -> None:
    assert inside.status("http://[::1]:8080/static/none", "--header", f"Host: {host}") == status


def test_without_an_ipv6_address_nginx_listens_only_on_ipv4(stack: Stack) -> None:
    listening = run("docker", "exec", stack.container("nginx"), "cat", LISTENS).stdout
    assert listening == "include snippets/listen/plain.conf;\n"


@pytest.mark.parametrize("name", ["::1", "[::1", "[localhost]"])
def test_an_invalid_address_is_reported(stack: Stack, name: str) -> None:
    environment = ("--env", f"SERVER_NAMES={name}", "--env", "UPLOAD_LIMIT=1m")
    refused = run("docker", "run", "--rm", *environment, f"{stack.project}-nginx", "render", SCRATCH, check=False)
    assert refused.returncode == 64
    assert refused.stderr.startswith(f"nginx/entrypoint: SERVER_NAMES: '{name}' is not ")
