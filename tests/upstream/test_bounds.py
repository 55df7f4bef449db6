"""Libraries whose private names are used have upper bounds, and docs/not-stock.md names each replaced part."""

import re

import pytest

from tests.support.stack import ROOT
from tests.upstream.parts import BOUNDED_IN, PARTS

DOCUMENT = (ROOT / "docs/not-stock.md").read_text()
OURS = {ours for files in PARTS.values() for ours in files}
UPSTREAM = {name for files in PARTS.values() for parts in files.values() for name in parts}


@pytest.mark.parametrize("library", BOUNDED_IN)
def test_a_library_whose_private_names_are_used_has_an_upper_bound(library: str) -> None:
    lines = (ROOT / BOUNDED_IN[library] / "requirements.in").read_text().lower().splitlines()
    name = rf"{library.replace('_', '[-_]')}(\[[\w,]+\])?"
    found = [line for line in lines if re.match(rf"{name}[<>=]", line)]
    assert len(found) == 1, f"{library} is not in {BOUNDED_IN[library]}/requirements.in"
    assert re.search(r"<\d", found[0]), found[0]


def test_every_library_with_used_private_names_is_bounded() -> None:
    assert {name.partition(":")[0].partition(".")[0] for name in UPSTREAM} <= BOUNDED_IN.keys()


@pytest.mark.parametrize("path", sorted(OURS))
def test_each_replacement_exists_and_is_documented(path: str) -> None:
    assert (ROOT / path).is_file()
    assert f"`{path}`" in DOCUMENT


@pytest.mark.parametrize("name", sorted(UPSTREAM))
def test_each_upstream_part_is_documented(name: str) -> None:
    assert f"`{name.replace(':', '.')}`" in DOCUMENT


def test_every_plugin_and_server_module_is_documented() -> None:
    patterns = ("gunicorn/asgi_*.py", "daphne/*.py", "gateway_answers/[!_]*.py", "uwsgi/plugins/*.c", "uwsgi/*.py")
    files = {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern)}
    assert len(files) > 15
    assert {path for path in files if f"`{path}`" not in DOCUMENT} == set()
