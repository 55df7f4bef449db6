"""Libraries whose private names are used have upper bounds, and docs/not-stock.md names each replaced part."""

import re
import tomllib
from itertools import chain

import pytest

from tests.support.stack import ROOT
from tests.upstream.parts import PARTS

DOCUMENT = (ROOT / "docs/not-stock.md").read_text()
OURS = {ours for files in PARTS.values() for ours in files}
UPSTREAM = {name for files in PARTS.values() for parts in files.values() for name in parts}


# The libraries that are looked into, and uWSGI, whose header the plugins use.
LIBRARIES = {name.partition(":")[0].partition(".")[0] for name in UPSTREAM} | {"uwsgi"}
PACKAGE = tomllib.loads((ROOT / "tricorn/pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_whose_private_names_are_used_has_an_upper_bound(library: str) -> None:
    extras = chain.from_iterable(PACKAGE["optional-dependencies"].values())
    name = rf"{library.replace('_', '[-_]')}(\[[\w,]+\])?"
    found = [line for line in map(str.lower, extras) if re.match(rf"{name}[<>=]", line)]
    assert len(found) == 1, f"no extra of tricorn/pyproject.toml names {library}, or several do"
    assert re.search(r"<\d", found[0]), found[0]


@pytest.mark.parametrize("path", sorted(OURS))
def test_each_replacement_is_there_and_documented(path: str) -> None:
    assert (ROOT / path).is_file()
    assert f"`{path}`" in DOCUMENT


@pytest.mark.parametrize("name", sorted(UPSTREAM))
def test_each_upstream_part_is_documented(name: str) -> None:
    assert f"`{name.replace(':', '.')}`" in DOCUMENT


def test_every_plugin_and_server_module_is_documented() -> None:
    patterns = ("uvicorn_*.py", "gunicorn_*.py", "daphne_*.py", "answers/[!_]*.py", "uwsgi_plugins/*.c", "wsgi_*.py")
    files = {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(f"tricorn/{pattern}")}
    assert len(files) > 15
    assert {path for path in files if f"`{path}`" not in DOCUMENT} == set()
