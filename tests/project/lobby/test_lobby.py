"""The served lobby page names every gateway, and satisfies a strict Content-Security-Policy."""

from html.parser import HTMLParser

import httpx
import pytest

from tests.support.stack import GATEWAYS


class Page(HTMLParser):
    """Every tag with its attributes, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.code = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.code += data.strip()

    def addresses(self, *attributes: str) -> list[str]:
        return [value for _, attrs in self.tags for name in attributes if (value := attrs.get(name))]


@pytest.fixture
def page(http: httpx.Client, gateway: str) -> Page:
    response = http.get(f"/gateways/{gateway}/")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return Page(response.text)


def test_the_page_names_every_gateway(page: Page) -> None:
    (main,) = [attrs for tag, attrs in page.tags if tag == "main"]
    assert (main["data-gateways"] or "").split() == list(GATEWAYS)


def test_the_page_has_no_inline_script_or_style(page: Page) -> None:
    assert page.code == ""
    assert "style" not in [tag for tag, _ in page.tags]
    for _, attrs in page.tags:
        assert not [name for name in attrs if name == "style" or name.startswith("on")]
        assert not (attrs.get("href") or "").startswith("javascript:")


def test_all_assets_of_the_page_exist_and_are_cacheable_for_ever(page: Page, http: httpx.Client) -> None:
    assets = {url for url in page.addresses("src", "href") if "." in url.rpartition("/")[2]}
    assert {asset.rpartition(".")[2] for asset in assets} == {"css", "js", "svg"}
    for asset in assets:
        assert asset.startswith("/static/")  # from this site: no other site learns who visits it
        response = http.get(asset)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]


def test_the_links_of_the_page_resolve(page: Page, http: httpx.Client) -> None:
    links = [attrs["href"] or "" for tag, attrs in page.tags if tag == "a"]
    assert "/async/roll-call/" in links
    for link in links:
        assert http.get(link, follow_redirects=True).status_code == 200


def test_the_script_requests_only_existing_addresses(page: Page, http: httpx.Client) -> None:
    (script,) = [attrs["src"] or "" for tag, attrs in page.tags if tag == "script"]
    source = http.get(script).text
    for path in ("/gateway/", "/async/roll-call/", "/async/stream/", "/ws/rooms/lobby/"):
        assert path in source
    for forbidden in ("eval(", "innerHTML", "document.write", "http://", "https://"):
        assert forbidden not in source
