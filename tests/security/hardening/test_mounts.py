"""Only necessary places are writable, and nothing in them can be executed."""

from typing import Any

import pytest

from tests.security.hardening.conftest import RUNNING
from tests.support.stack import GATEWAYS, run

TMP = "/tmp"  # noqa: S108  # a mount point, not a file
WRITABLE = {
    "nginx": {TMP, "/var/cache/nginx"},
    "postgres": {TMP, "/run/postgresql", "/var/lib/postgresql/data"},
    "valkey": {TMP, "/data"},
} | {gateway: {TMP, "/srv/uploads", "/run/begun"} for gateway in GATEWAYS}


@pytest.fixture(scope="module", params=RUNNING)
def mounts(request: pytest.FixtureRequest, containers: dict[str, dict[str, Any]]) -> tuple[str, list[list[str]]]:
    """A service and its /proc/mounts: device, place, kind, options and two numbers in each row."""
    lines = run("docker", "exec", containers[request.param]["Id"], "cat", "/proc/mounts").stdout.splitlines()
    return request.param, [line.split() for line in lines]


def test_only_the_necessary_paths_are_writable(mounts: tuple[str, list[list[str]]]) -> None:
    service, entries = mounts
    places = {place for _, place, _, options, *_ in entries if options.split(",")[0] == "rw"}
    assert {place for place in places if not place.startswith(("/proc", "/sys", "/dev"))} == WRITABLE[service]


def test_nothing_can_be_executed_in_a_tmpfs(mounts: tuple[str, list[list[str]]]) -> None:
    options = {place: options.split(",") for _, place, kind, options, *_ in mounts[1] if kind == "tmpfs"}
    assert {"noexec", "nosuid", "nodev"} <= set(options[TMP])
