"""The Makefile is the only command interface: it lists its targets, and asks for missing arguments."""

import re

import pytest

from tests.support.clone import Clone, only_line
from tests.support.stack import ROOT

TARGETS = [
    "up",
    "gallery",
    "gallery-down",
    "down",
    "ps",
    "logs",
    "backup",
    "certs",
    "rotate",
    "test",
    "test-gallery",
    "bench",
    "lint",
    "lock",
    "images",
    "clean",
]
DEAD_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def test_make_alone_lists_every_target_in_one_line(clone: Clone) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = clone.make()
    assert listed.returncode == 0
    assert [line.split()[1] for line in listed.stdout.splitlines()] == targets
    assert max(map(len, listed.stdout.splitlines())) <= 80


@pytest.mark.parametrize("target", TARGETS)
def test_an_engine_that_does_not_answer_is_reported_in_one_line(clone: Clone, target: str) -> None:
    before = clone.files()
    line = only_line(clone.make(target, **DEAD_ENGINE))
    assert line.endswith("the Docker engine does not answer: run make engine, or start it (systemctl start docker)")
    assert clone.files() == before


@pytest.mark.parametrize(
    ("target", "hint"),
    [("shell", "make shell SERVICE=uwsgi"), ("manage", "make manage CMD="), ("restore", "make restore FILE=")],
)
def test_a_target_asks_for_its_missing_argument(clone: Clone, target: str, hint: str) -> None:
    assert hint in only_line(clone.make(target))


@pytest.mark.parametrize("target", ["shell", "logs"])
def test_an_unknown_service_is_reported_with_the_known_ones(clone: Clone, target: str) -> None:
    line = only_line(clone.make(target, "SERVICE=apache"))
    assert "there is no service apache; the services are:" in line
    assert "uwsgi" in line


def test_other_targets_report_that_make_up_has_not_run(clone: Clone) -> None:
    clone.env.unlink()
    assert only_line(clone.make("ps")) == "compose: there is no .env yet: run make up, which creates it"
    assert "nothing to clean" in clone.make("clean").stdout


def test_compose_without_env_reports_how_to_create_it(clone: Clone) -> None:
    clone.env.unlink()
    # Compose reads the services in random order and stops at the first error. Set all but one: it reports that one.
    required = {"APPS": "./apps", "DAPHNE_REPLICAS": "1", "GATEWAYS": "daphne"}
    for missing in required:
        settled = {name: value for name, value in required.items() if name != missing}
        assert_says_how_to_complete_env(clone, missing, **settled)


def test_compose_with_an_env_of_before_gateways_reports_how_to_complete_it(clone: Clone) -> None:
    """It has no COMPOSE_PROFILES either, so that Compose would start nginx and no gateway."""
    new = ("GATEWAYS=", "COMPOSE_PROFILES=")
    clone.env.write_text("".join(line for line in clone.env.open() if not line.startswith(new)))
    assert_says_how_to_complete_env(clone, "GATEWAYS")


def assert_says_how_to_complete_env(clone: Clone, missing: str, **environment: str) -> None:
    failed = clone.run("docker", "compose", "config", "--quiet", **environment)
    assert failed.returncode != 0
    said = failed.stderr.splitlines()[-1]
    assert said.endswith(f"variable {missing} is missing a value: complete .env from .env.example, or run make up")
