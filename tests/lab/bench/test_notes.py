"""lab/notes.md names tests that exist, and the numbers that it quotes are those of the sample report."""

import re

from lab.bench.document import read
from lab.bench.ratios import median

from tests.support.stack import ROOT

NOTES = (ROOT / "lab/notes.md").read_text()
RATES = {
    "wait-100": ("gunicorn", "daphne", "uwsgi"),
    "hello": ("gunicorn", "uwsgi", "gunicorn-stock", "uwsgi-3x2"),
    "row": ("gunicorn", "uwsgi", "gunicorn-stock", "uwsgi-3x2", "uvicorn-fast", "uvicorn-pure", "notes-gunicorn"),
    "static-large": ("nginx", "Django on uwsgi"),
}


def test_every_test_named_by_the_notes_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", NOTES))
    files = (ROOT / "tests").rglob("test_*.py")
    there = {name for file in files for name in re.findall(r"def (\w+)", file.read_text())}
    assert len(named) > 20
    assert named <= there


def test_the_numbers_of_the_notes_are_those_of_the_sample_report() -> None:
    found = read()
    for scenario, names in RATES.items():
        for name in names:
            assert f"{median(found, (scenario, name)):,.0f}" in NOTES, (scenario, name)
