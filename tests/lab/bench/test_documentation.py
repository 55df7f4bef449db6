"""The pages that quote the sample report agree with it, and link to parts of it that exist."""

import re

from lab.bench.document import lines, read, table
from lab.bench.summary import PICTURES

from tests.support.stack import ROOT

CHOOSING = (ROOT / "docs/choosing.md").read_text()
NOTES = (ROOT / "lab/notes.md").read_text()
FOLDER = ROOT / "lab/report"
SUMMARY = (FOLDER / "README.md").read_text()
REPORT = (FOLDER / "index.html").read_text()


def test_the_summary_and_the_ratios_are_those_of_the_sample_report() -> None:
    assert lines(read()) in SUMMARY
    assert table(read()) in SUMMARY


def test_every_claim_links_to_an_existing_part_of_the_report() -> None:
    headings = set(re.findall(r'<h2 id="([\w-]+)">', REPORT))
    for page in (CHOOSING, NOTES, SUMMARY):
        parts = set(re.findall(r"\((?:[\w./-]+/)?index\.html#([\w-]+)\)", page))
        assert len(parts) > 5
        assert parts <= headings


def test_the_pictures_of_the_pages_are_those_of_the_sample_report() -> None:
    for name in PICTURES:
        assert f"/{name}.svg)" in CHOOSING
        assert f"({name}.svg)" in SUMMARY
        # The file has ink and paper of its own, which stand in its first tag.
        assert (FOLDER / f"{name}.svg").read_text().partition(">")[2] in REPORT


def test_the_report_is_self_contained() -> None:
    assert not re.findall(r"""(?:src|href)=["'](?!#)|@import|url\((?!["']?#)""", REPORT)
