"""Links between the pages lead somewhere, README names every page, and no link leads out of a folder to copy."""

import re
from pathlib import Path

import pytest

from tests.support.stack import ROOT, run

PAGES = [ROOT / "README.md", ROOT / "tests/README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "lab").rglob("*.md")]

# People copy each alone.
FOLDERS = ("nginx", "uwsgi", "gunicorn", "daphne", "tricorn")
# A page of this repository, and the heading in quotation marks after it.
NAMED = re.compile(r'((?:docs|tricorn)/[\w.-]+\.md)`?(?:, "([^"]+)")?')


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


def test_the_page_on_security_names_tests_that_there_are() -> None:
    """In each table, the heading of the second column is the folder to which the names below it are relative."""
    lines = (ROOT / "docs/security.md").read_text().splitlines()
    folder, found = None, 0
    for line in lines:
        _, *cells, _ = line.split("|") if line.startswith("|") else ("", "", "")
        if heading := re.fullmatch(r" promise ", cells[0]) and re.fullmatch(r" (tests/[\w/]+) ", cells[1]):
            folder = ROOT / heading[1]
        elif folder and len(cells) == 2:
            for name in re.findall(r"`([\w./]+)`", cells[1]):
                assert (folder / name).exists(), line
                found += 1
        else:
            folder = None
    assert found > 10


def tracked(folder: str) -> list[Path]:
    listed = run(
        "git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", folder, cwd=ROOT
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_link_leads_out_of_a_folder_that_people_copy(folder: str) -> None:
    """In the copy it would be dead."""
    for page in tracked(folder):
        if page.suffix == ".md":
            for link in links(page):
                name, _, anchor = link.partition("#")
                target = (page.parent / name).resolve() if name else page
                assert target.is_relative_to(ROOT / folder), (page, link)
                assert target.exists(), (page, link)
                assert not anchor or anchor in anchors(target), (page, link)


@pytest.mark.parametrize("folder", FOLDERS)
def test_such_a_folder_names_pages_that_there_are_and_says_where(folder: str) -> None:
    assert "in the Tricorn repository" in " ".join((ROOT / folder / "README.md").read_text().split())
    for file in tracked(folder):
        text = " ".join(file.read_text(errors="replace").replace("\n#", " ").split())
        for name, heading in NAMED.findall(text):
            assert (ROOT / name).exists(), (file, name)
            titles = re.findall(r"^#+ (.*)$", prose(ROOT / name), re.MULTILINE)
            assert not heading or heading in titles, (file, name, heading)
