"""docs/choosing.md agrees with the sample report, and claims nothing else."""

import re

from bench.document import read, table

from tests.support.stack import ROOT

CHOOSING = (ROOT / "docs/choosing.md").read_text()
REPORT = (ROOT / "docs/report/index.html").read_text()


def test_the_ratios_are_those_of_the_sample_report() -> None:
    assert table(read()) in CHOOSING


def test_every_claim_links_to_an_existing_part_of_the_report() -> None:
    parts = set(re.findall(r"\(report/index\.html#([\w-]+)\)", CHOOSING))
    assert len(parts) > 5
    assert parts <= set(re.findall(r'<h2 id="([\w-]+)">', REPORT))


def test_the_report_is_self_contained() -> None:
    assert not re.findall(r"""(?:src|href)=["'](?!#)|@import|url\((?!["']?#)""", REPORT)
