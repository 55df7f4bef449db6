"""A wrong option of `make bench` is reported in one line, and nothing starts. .ci/run measures the stack itself."""

import json

import pytest

from tests.support.clone import Clone, only_line
from tests.support.stack import Stack


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("SCENARIO=hallo", "bench: there is no scenario hallo; there are: hello, row, "),
        ("GATEWAYS=apache", "bench: there is no gateway apache; there are: uwsgi, gunicorn, daphne"),
        ("URL=localhost:8080", "bench: URL=localhost:8080: give the full address"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line_and_starts_nothing(clone: Clone, setting: str, line: str) -> None:
    assert only_line(clone.make("bench", setting)).startswith(line)
    assert clone.is_down()


def test_only_the_address_in_url_is_measured(clone: Clone, stack: Stack) -> None:
    url = f"{stack.url()}/livez"
    measured = clone.make("bench", "QUICK=1", f"URL={url}")
    assert measured.returncode == 0, measured.stdout + measured.stderr
    found = json.loads((clone.path / "report/results.json").read_text())
    row = found["scenarios"]["url"]["rows"][url]
    assert row["rate"]["median"] > 0
    assert row["errors"] == 0
    assert (clone.path / "report/index.html").stat().st_size > 5000
    assert clone.is_down()
