"""Links between the pages lead somewhere, and README names every page."""

import re
from pathlib import Path

import pytest

from tests.support.stack import ROOT

PAGES = [ROOT / "README.md", ROOT / "tests/README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "lab").rglob("*.md")]


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """The anchors as GitHub makes them: the headings in lower case, without punctuation, with - for spaces."""
    if page.suffix == ".html":
        return set(re.findall(r'id="([\w-]+)"', page.read_text()))
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_resolves_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_readme_names_every_page() -> None:
    named = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert set(PAGES) - {ROOT / "README.md"} <= named
