"""/media/ returns an upload's bytes unchanged, to be saved and never executed."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.stack import GATEWAYS, Stack, run
from tests.support.uploads import Volume, send
from tests.support.wire import Edge, bytes_of

# Would do something if anything executed, included or trusted it.
HOSTILE = {
    "page.html": b"<!doctype html><script>alert(document.domain)</script>",
    "image.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "shell.php": b"<?php system($_GET['c']); ?>",
    "view.py": b"#!/usr/bin/env python3\nprint('Content-Type: text/html\\n\\nrun')\n",
    "run.cgi": b"#!/bin/sh\necho Content-Type: text/html; echo; id\n",
    "page.shtml": b'<!--# include virtual="/gateway/" --><!--#echo var="DATE_GMT" -->',
    "template.txt": b"{{ 7*7 }}{% debug %}${7*7}",
    "script.js": b"alert(1)",
    "module.MJS": b"export default alert(1)",
    "style.css": b"body { background: url(/evil) }",
    "sheet.xsl": b'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
    "no-ending": b"<script>alert(1)</script>",
    "empty.bin": b"",
    "bytes.bin": bytes(range(256)) * 1000,
}

# Names with a meaning for a path, a shell, a header or a server. apps/uploads/storage.py changes them.
NAMES = [
    "../../../../etc/cron.d/x",
    "..\\..\\x.txt",
    "/etc/passwd",
    ".htaccess",
    "...",
    "-rf",
    "a b;touch x;$(id)`id`.txt",
    "%2e%2e%2fx.txt",
    "a%0d%0aX-Evil: 1.txt",
    "nul\0byte.txt",
    "ünïcödé-€-🎩.txt",
    "x" * 300 + ".txt",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_uploaded_file_is_served_unchanged_and_not_executed(
    edge: Edge, volume: Volume, gateway: str, name: str
) -> None:
    content = HOSTILE[name]
    stored = volume.upload(edge, gateway, name, content)
    assert (stored["size"], stored["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    answer = edge.get(stored["url"])
    assert (answer.status, answer.body) == (200, content)
    assert answer.one("Content-Disposition") == "attachment"
    assert answer.one("X-Content-Type-Options") == "nosniff"
    assert {"sandbox", "default-src 'none'"} <= {
        part.strip() for part in answer.one("Content-Security-Policy").split(";")
    }


@pytest.mark.parametrize("name", ["script.js", "module.MJS", "style.css", "sheet.xsl", "no-ending", "shell.php"])
def test_a_page_cannot_include_it_as_a_script_or_style(edge: Edge, volume: Volume, name: str) -> None:
    """<script src> ignores the disposition. With nosniff it checks the type."""
    stored = volume.upload(edge, "uwsgi", name, HOSTILE[name])
    assert edge.get(stored["url"]).one("Content-Type") == "application/octet-stream"


def test_no_gateway_is_involved_in_serving_an_upload(edge: Edge, volume: Volume) -> None:
    stored = volume.upload(edge, "daphne", "a.txt", b"hello")
    for host in ("localhost", "uwsgi.localhost", "gunicorn.localhost", "daphne.localhost"):
        answer = edge.get(stored["url"], host)
        entry = edge.logged(answer)
        assert (answer.body, entry["gateway"], entry["upstream_addr"]) == (b"hello", "", "")


def test_unsafe_file_names_are_replaced(edge: Edge, volume: Volume, gateway: str) -> None:
    before = volume.files()
    uploads = [volume.upload(edge, gateway, name, name.encode()) for name in NAMES]
    for name, stored in zip(NAMES, uploads, strict=True):
        assert re.fullmatch(r"[0-9a-f]{16}-[A-Za-z0-9_][A-Za-z0-9._-]*", stored["name"]), name
        assert (stored["url"], edge.get(stored["url"]).body) == (f"/media/{stored['name']}", name.encode())
    assert volume.files() - before == {f"media/{stored['name']}" for stored in uploads}


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_file_without_a_name_is_rejected(edge: Edge, gateway: str, name: str) -> None:
    """A browser sends this for a form without a chosen file."""
    assert send(edge, gateway, name, b"hello").status == 400


def test_two_files_of_one_name_are_two_files(edge: Edge, volume: Volume) -> None:
    first, second = (volume.upload(edge, gateway, "same.txt", gateway.encode()) for gateway in ("uwsgi", "gunicorn"))
    assert (edge.get(first["url"]).body, edge.get(second["url"]).body) == (b"uwsgi", b"gunicorn")


def test_an_upload_belongs_to_the_gateways_and_is_readable_by_all(edge: Edge, volume: Volume, gateway: str) -> None:
    stored = volume.upload(edge, gateway, "mode.txt", b"hello")
    assert volume.shell(f"stat -c '%a %u %g %F' media/{stored['name']}") == "644 999 999 regular file"


@pytest.mark.parametrize("size", [1, 70_000, 3_000_000])
def test_every_way_of_buffering_keeps_the_bytes(edge: Edge, volume: Volume, gateway: str, size: int) -> None:
    """In memory, and in a temporary file above 64 kB (uWSGI), 100 kB (Daphne) and 2.5 MB (Django)."""
    content = (b"\r\n--\0\xff" * (size // 6 + 1))[:size]
    stored = volume.upload(edge, gateway, "buffered.bin", content)
    assert edge.get(stored["url"]).body == content


def test_the_largest_upload_arrives_on_every_gateway(
    stack: Stack, edge: Edge, volume: Volume, setting: Callable[[str], str]
) -> None:
    """On all three at once: none is killed for its memory, and parts of each upload can be read."""
    content = b"0123456789abcdef" * ((bytes_of(setting("UPLOAD_LIMIT")) - 1024) // 16)
    started = ("docker", "inspect", "--format", "{{.State.StartedAt}}", *(stack.container(name) for name in GATEWAYS))
    before = run(*started).stdout
    with ThreadPoolExecutor() as pool:
        uploads = list(pool.map(lambda gateway: volume.upload(edge, gateway, "large.bin", content), GATEWAYS))
    digest = hashlib.sha256(content).hexdigest()
    assert [(stored["size"], stored["sha256"]) for stored in uploads] == [(len(content), digest)] * len(GATEWAYS)
    for stored in uploads:
        part = edge.get(stored["url"], headers=[("Range", "bytes=-100000")])
        assert (part.status, part.body) == (206, content[-100_000:])
    assert run(*started).stdout == before


def test_a_browser_gets_a_page_with_the_link(edge: Edge, volume: Volume, gateway: str) -> None:
    answer = send(edge, gateway, "page.txt", b"hello", ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"))
    assert (answer.status, answer.one("Content-Type")) == (201, "text/html; charset=utf-8")
    (url,) = re.findall(r'href="(/media/[^"]+)"', answer.body.decode())
    volume.made.append(url.removeprefix("/media/"))
    assert edge.get(url).body == b"hello"


def test_an_upload_is_revalidated_each_time(edge: Edge, volume: Volume) -> None:
    stored = volume.upload(edge, "uwsgi", "cached.txt", b"hello")
    answer = edge.get(stored["url"])
    assert answer.one("Cache-Control") == "private, no-cache"
    assert edge.get(stored["url"], headers=[("If-None-Match", answer.one("ETag"))]).status == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "MOVE", "MKCOL", "OPTIONS"])
def test_media_can_only_be_read(edge: Edge, volume: Volume, method: str) -> None:
    stored = volume.upload(edge, "uwsgi", "kept.txt", b"hello")
    answer = edge.ask(method, stored["url"], headers=[("Destination", "/media/x")], body=b"evil")
    assert (answer.status, answer.one("Allow")) == (405, "GET, HEAD")
    assert edge.get(stored["url"]).body == b"hello"
