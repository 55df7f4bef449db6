"""The files that the project's own pages load."""

import re

import pytest

from tests.support.wire import Answer, Edge

PAGES = ("/", "/admin/login/", "/upload/")


def links(page: Answer) -> list[str]:
    """Every address below /static/ that a page names."""
    assert page.status == 200
    return sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.body.decode())))


def plain_name(path: str) -> str:
    """The file's name before collectstatic added a hash."""
    return re.sub(r"\.[0-9a-f]{12}(?=\.[^./]+$)", "", path)


@pytest.fixture(scope="module")
def files(edge: Edge) -> list[str]:
    """All files of the project's pages: styles, scripts and an image."""
    return sorted({path for page in PAGES for path in links(edge.get(page))})


@pytest.fixture(scope="module")
def stylesheet(edge: Edge) -> str:
    """The lobby page's own stylesheet."""
    (path,) = [path for path in links(edge.get("/")) if path.endswith(".css")]
    return path
