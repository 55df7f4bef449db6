"""The files of the project's pages exist, under names with a hash, and may be cached for a year."""

import hashlib
import re

import pytest

from tests.edge.static.conftest import links, plain_name
from tests.support.stack import GATEWAYS
from tests.support.wire import Edge

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
OLD_TYPES = {"application/javascript": "text/javascript"}


def test_the_lobby_page_has_its_style_script_and_image(edge: Edge) -> None:
    assert {path.rsplit(".", 1)[1] for path in links(edge.get("/"))} == {"css", "js", "svg"}


def test_every_gateway_names_the_same_files(edge: Edge) -> None:
    for page in ("/", "/upload/", "/admin/login/"):
        named = [links(edge.get(f"/gateways/{gateway}{page}")) for gateway in GATEWAYS]
        assert named == [named[0]] * len(GATEWAYS)


def test_every_link_resolves_to_a_file_of_its_type(edge: Edge, files: list[str]) -> None:
    for path in files:
        answer = edge.get(path)
        kind = answer.one("Content-Type").split(";")[0]
        assert (answer.status, OLD_TYPES.get(kind, kind)) == (200, TYPES[path.rsplit(".", 1)[1]]), path
        assert answer.one("Content-Length") == str(len(answer.body)) != "0"


def test_files_named_by_a_stylesheet_exist(edge: Edge, files: list[str]) -> None:
    for path in [path for path in files if path.endswith(".css")]:
        for name in re.findall(r"""url\(["']?([^"')]+)""", edge.get(path).body.decode()):
            if not name.startswith("data:"):
                assert edge.get(path.rsplit("/", 1)[0] + "/" + name).status == 200, (path, name)


def test_names_hold_the_hash_of_the_content(edge: Edge, files: list[str]) -> None:
    for path in files:
        named = re.search(r"\.([0-9a-f]{12})\.\w+$", path)
        assert named, path
        # The hash is that of the content before names in it were replaced, so only files without names can be checked.
        if path.endswith(".svg"):
            assert hashlib.md5(edge.get(path).body, usedforsecurity=False).hexdigest()[:12] == named[1]


def test_a_name_with_a_hash_is_kept_for_a_year(edge: Edge, files: list[str]) -> None:
    for path in files:
        assert edge.get(path).one("Cache-Control") == "public, max-age=31536000, immutable", path


def test_a_name_without_a_hash_is_revalidated_soon(edge: Edge, files: list[str]) -> None:
    for path in [plain_name(path) for path in files] + ["/static/staticfiles.json"]:
        answer = edge.get(path)
        (seconds,) = re.findall(r"max-age=(\d+)", answer.one("Cache-Control"))
        assert answer.status == 200
        assert int(seconds) <= 600
        assert "immutable" not in answer.one("Cache-Control")


@pytest.mark.parametrize("name", ["abc", "0123456789a", "0123456789abc", "0123456789AB", "0123456789zz"])
def test_missing_files_are_not_cached_whatever_their_hash(edge: Edge, name: str) -> None:
    """An error is never cached, least of all a 404: the next deployment may bring the file."""
    for answer in (edge.get(f"/static/app.{name}.css"), edge.get("/static/app.0123456789ab.css")):
        assert (answer.status, answer.one("Cache-Control")) == (404, "no-store")


def test_types_are_not_guessed(edge: Edge, files: list[str]) -> None:
    for path in files:
        answer = edge.get(path)
        assert answer.one("X-Content-Type-Options") == "nosniff"
        # Without a charset, a browser uses the page's encoding for its script.
        if not path.endswith(".svg"):
            assert answer.one("Content-Type").endswith("; charset=utf-8"), path


def test_a_file_without_a_known_ending_is_only_bytes(edge: Edge) -> None:
    answer = edge.get("/static/admin/img/LICENSE")
    assert (answer.status, answer.one("Content-Type")) == (200, "application/octet-stream")


@pytest.mark.parametrize("host", ["uwsgi.localhost", "gunicorn.localhost", "daphne.localhost", "127.0.0.1"])
def test_pinned_hosts_have_the_same_files(edge: Edge, files: list[str], host: str) -> None:
    for path in files:
        there, here = edge.get(path, host), edge.get(path)
        assert (there.status, there.body, there.one("ETag")) == (200, here.body, here.one("ETag"))


def test_no_gateway_is_involved_in_serving_a_file(edge: Edge, files: list[str]) -> None:
    for entry in edge.all_logged([edge.get(path) for path in files]):
        assert (entry["gateway"], entry["upstream_addr"], entry["status"]) == ("", "", 200)
