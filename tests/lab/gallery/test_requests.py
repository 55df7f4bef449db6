"""Requests through each server: the client as nginx sees it, whole bodies and answers, streams without buffering."""

import hashlib
import time
from typing import Any

import httpx
import pytest

from tests.lab.gallery.table import Server
from tests.support.claims import OWNED
from tests.support.stack import Stack, run

MIB = 1024 * 1024


def told(answer: httpx.Response) -> dict[str, Any]:
    """What Django received, after a check of the id, which differs between requests."""
    assert answer.status_code == 200, answer.text
    facts = answer.json()
    assert facts.pop("request_id") == answer.headers["X-Request-ID"]
    return facts


def test_django_receives_client_scheme_and_host(ask: httpx.Client, stack: Stack, server: Server) -> None:
    format_ = "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}"
    host = run("docker", "inspect", "--format", format_, stack.container("nginx")).stdout.split()
    facts = told(ask.get("/told/a%20b/../?x=1&y=%2F"))
    assert facts["remote_addr"] in host
    # DNS allows no underscore in a host name, and neither does Django.
    assert facts["host"] == f"{server.name.replace('_', '-')}.localhost"
    assert (facts["scheme"], facts["is_secure"], facts["path"]) == ("http", False, "/told/")
    assert facts["query"] == {"x": ["1"], "y": ["/"]}


def test_headers_set_by_nginx_cannot_be_forged(ask: httpx.Client, server: Server) -> None:
    plain = told(ask.get("/told/"))
    # CGI starts Django for each request, which takes most of a second.
    headers = OWNED if server.name != "cgi" else OWNED[::8]
    for name, value in headers:
        if name not in ("Content_Length", "Transfer_Encoding"):
            assert told(ask.get("/told/", headers={name: value})) == plain, name
    assert told(ask.get("/told/", headers=dict(OWNED))) == plain


@pytest.mark.parametrize("size", [0, 1, 100_000, 2 * MIB])
def test_a_body_arrives_whole(ask: httpx.Client, size: int) -> None:
    body = bytes(number % 251 for number in range(1024)) * (size // 1024 + 1)
    body = body[:size]
    facts = told(ask.post("/told/", content=body, headers={"Content-Type": "application/octet-stream"}))
    assert (facts["method"], facts["length"], facts["sha256"]) == ("POST", size, hashlib.sha256(body).hexdigest())


def test_a_body_of_unknown_length_arrives_whole(ask: httpx.Client) -> None:
    facts = told(ask.post("/told/", content=(b"part" * 1000 for _ in range(20))))
    assert facts["length"] == 80_000


def test_an_answer_of_ten_mebibytes_comes_whole(ask: httpx.Client) -> None:
    answer = ask.get("/large/")
    assert len(answer.content) == 10 * MIB
    assert (
        hashlib.sha256(answer.content).digest()
        == hashlib.sha256(b"".join(bytes([n]) * MIB for n in range(10))).digest()
    )


def test_a_stream_begins_before_it_is_complete(ask: httpx.Client) -> None:
    with ask.stream("GET", "/async/stream/?events=3&interval=0.5") as answer:
        arrivals = [time.monotonic() for line in answer.iter_lines() if line.startswith("id: ")]
    assert len(arrivals) == 3
    # One second passes between the first and the last event.
    assert arrivals[-1] - arrivals[0] > 0.7


def test_a_redirect_stays_on_the_host(ask: httpx.Client) -> None:
    answer = ask.get("/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")


def test_the_project_reaches_its_database_and_cache(ask: httpx.Client) -> None:
    assert ask.get("/readyz").json() == {"database": "ok", "valkey": "ok"}
