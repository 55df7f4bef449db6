"""A library outside the bounds of the package is named in one warning."""

import logging
import tomllib
from collections.abc import Iterator

import pytest
from tricorn import versions

from tests.support.stack import GATEWAYS, ROOT, Stack

EXTRAS = tomllib.loads((ROOT / "tricorn/pyproject.toml").read_text())["project"]["optional-dependencies"]
METADATA = [
    "Django<7,>=4.2",
    'gunicorn<28,>=27; extra == "gunicorn"',
    'uvicorn[standard]<0.55,>=0.54; extra == "gunicorn"',
    'websockets<18; extra == "gunicorn"',
]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The versions that are installed, in place of the real ones."""
    found = {"Django": "5.2.19", "gunicorn": "27.0.1", "uvicorn": "0.54.0", "websockets": "17.4"}
    monkeypatch.setattr(versions, "requires", lambda _: METADATA)
    monkeypatch.setattr(versions, "version", found.__getitem__)
    versions.check.cache_clear()
    yield found
    versions.check.cache_clear()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_versions_within_the_bounds_are_not_mentioned(
    installed: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    assert versions.check()
    assert versions.check("gunicorn")
    assert warnings(caplog) == []


@pytest.mark.parametrize("newer", ["28.0", "28.0rc1", "29.1", "26.9.9"])
def test_one_warning_names_what_is_outside_them(
    installed: dict[str, str], caplog: pytest.LogCaptureFixture, newer: str
) -> None:
    installed.update(gunicorn=newer, uvicorn="0.55.0")
    assert not versions.check("gunicorn")
    assert not versions.check("gunicorn")
    (warning,) = warnings(caplog)
    assert f"gunicorn {newer} (needs <28,>=27), uvicorn 0.55.0 (needs <0.55,>=0.54)" in warning
    assert "Django" not in warning


@pytest.mark.parametrize(
    ("version", "bounds", "expected"),
    [
        ("27.0.1", "<28,>=27", True),
        ("27", "<28,>=27.0", True),
        ("27.0", ">=27.0.1", False),
        ("0.9", "<0.55", True),
        ("2.0.31", "<2.1,>=2.0.31", True),
        ("2.1", "<2.1,>=2.0.31", False),
        ("26.10.2", "<27", True),
    ],
)
def test_numbers_are_compared_part_by_part(version: str, bounds: str, expected: bool) -> None:
    assert versions.satisfies(version, bounds) is expected


# The extra of each gateway has its name. The others are for the project, which every gateway has.
LOOKED_AT = """
import sys
from importlib.metadata import requires
from tricorn import versions
lines = [line for line in requires("tricorn") if line.endswith(f'extra == "{sys.argv[1]}"')]
matches = [versions.REQUIREMENT.match(line) for line in lines]
print(len([it for it in matches if it and it[2] and it[3] == sys.argv[1]]), versions.outside(sys.argv[1]))
"""


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_stack_itself_is_within_the_bounds(stack: Stack, extra: str) -> None:
    service = extra if extra in GATEWAYS else "gunicorn"
    found = stack.compose("exec", "-T", service, "python", "-c", LOOKED_AT, extra).stdout
    assert found.strip() == f"{len(EXTRAS[extra])} {{}}"
