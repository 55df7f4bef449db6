"""Logs and temporary files are limited, and each service gets enough time to stop."""

import re
from typing import Any

import pytest

from tests.hardening.conftest import COMPOSE
from tests.support.stack import ROOT, settings

type Containers = dict[str, dict[str, Any]]

UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}
# The files that set how long each server may take to stop, besides REQUEST_TIMEOUT for requests in flight.
DRAINS = {
    "uwsgi": (
        ("tricorn/uwsgi_plugins/drain.c", r"^#define QUEUE_SECONDS (\d+)"),
        ("tricorn/uwsgi_plugins/harakiri.c", r"^#define MERCY (\d+)"),
    ),
    "gunicorn": (("tricorn/drain.py", r"^QUEUE_SECONDS = (\d+)"),),
    "daphne": (
        ("tricorn/drain.py", r"^QUEUE_SECONDS = (\d+)"),
        ("tricorn/daphne_server.py", r"^DRAIN_SECONDS = max\(30, REQUEST_TIMEOUT\) \+ (\d+)"),
    ),
}


def drain(service: str) -> int:
    """Seconds that the server may take to stop."""
    found = [re.search(pattern, (ROOT / file).read_text(), re.MULTILINE) for file, pattern in DRAINS[service]]
    assert all(found)
    return max(30, int(settings()["REQUEST_TIMEOUT"])) + sum(int(match[1]) for match in found if match)


def test_logs_are_rotated(containers: Containers, service: str) -> None:
    log = containers[service]["HostConfig"]["LogConfig"]
    assert log["Type"] == "json-file"
    assert re.fullmatch(r"\d{1,2}m", log["Config"]["max-size"])
    assert 1 < int(log["Config"]["max-file"]) < 10


@pytest.mark.parametrize("service", DRAINS)
def test_a_service_gets_more_time_to_stop_than_its_drain_may_take(containers: Containers, service: str) -> None:
    assert containers[service]["Config"]["StopTimeout"] > drain(service)


def test_nginx_gets_more_time_than_any_gateway_behind_it(containers: Containers) -> None:
    """Otherwise an answer that a gateway still finishes is cut off on its way to the client."""
    assert containers["nginx"]["Config"]["StopTimeout"] > max(map(drain, DRAINS))


def test_a_tmpfs_is_bounded_and_smaller_than_the_memory_it_counts_as(containers: Containers, service: str) -> None:
    host = containers[service]["HostConfig"]
    sizes = [re.search(r"size=(\d+)([kmg])", options) for options in host["Tmpfs"].values()]
    assert all(sizes)
    assert sum(int(size[1]) * UNITS[size[2]] for size in sizes if size) <= host["Memory"] / 4


def test_every_service_of_the_file_has_been_looked_at(containers: Containers) -> None:
    assert set(containers) == set(COMPOSE)
