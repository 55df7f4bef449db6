"""README and the picture of the architecture have the counts of .env.example."""

import re

import pytest

from tests.support.stack import ROOT

EXAMPLE = dict(re.findall(r"^([A-Z_]+)=(\S+)", (ROOT / ".env.example").read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", "1 master, {UWSGI_PROCESSES} workers of {UWSGI_THREADS} threads"),
        ("README.md", "1 arbiter, {WEB_CONCURRENCY} workers"),
        ("docs/architecture.svg", ">{UWSGI_PROCESSES} workers x {UWSGI_THREADS} threads<"),
        ("docs/architecture.svg", ">{WEB_CONCURRENCY} UvicornWorkers<"),
    ],
)
def test_the_counts_are_those_of_the_settings(page: str, sentence: str) -> None:
    assert sentence.format(**EXAMPLE) in (ROOT / page).read_text()
