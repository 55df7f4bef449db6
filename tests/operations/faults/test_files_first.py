"""A gateway that is rolled alone links to its own build's static files: nginx has them first, and keeps the others'."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.operations.faults.test_roll import ids, make_roll
from tests.support.clone import CLONES
from tests.support.stack import ROOT, Stack


@pytest.fixture
def changed() -> Iterator[Path]:
    """The sample with another stylesheet."""
    apps = CLONES / "changed"
    shutil.rmtree(apps, ignore_errors=True)
    shutil.copytree(ROOT / "apps", apps)
    with (apps / "lobby/static/lobby/lobby.css").open("a") as stylesheet:
        stylesheet.write("/* another version */\n")
    yield apps
    shutil.rmtree(apps)


def stylesheet(stack: Stack, gateway: str) -> str:
    page = httpx.get(stack.url(), headers={"Host": f"{gateway}.localhost"}).raise_for_status().text
    found = re.search(r'href="(/static/lobby/lobby\.[0-9a-f]+\.css)"', page)
    assert found, page
    return found[1]


def test_nginx_has_the_files_of_a_gateway_that_is_rolled_alone(stack: Stack, changed: Path) -> None:
    old, gunicorn = stylesheet(stack, "uwsgi"), ids(stack, "gunicorn")
    try:
        rolled = make_roll(stack, "uwsgi", APPS=str(changed))
        assert rolled.returncode == 0, rolled.stdout + rolled.stderr
        new = stylesheet(stack, "uwsgi")
        assert new != old == stylesheet(stack, "gunicorn")
        for address in (new, old):
            assert httpx.get(stack.url() + address, headers={"Host": "localhost"}).status_code == 200
        assert ids(stack, "gunicorn") == gunicorn
    finally:
        make_roll(stack, "uwsgi")
