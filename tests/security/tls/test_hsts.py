"""Strict-Transport-Security is exactly once on every answer over HTTPS, whichever server answers."""

import asyncio
import os
import ssl
from collections.abc import Callable

import httpx
import pytest

from tests.security.cases import Cases
from tests.security.tls import http3
from tests.support.stack import Stack
from tests.support.tls_stack import TlsStack
from tests.support.wire import Edge

# Answers of nginx itself and of each gateway: pages, files, errors, rejections.
# Path, request headers, status.
ANSWERS = [
    ("/", {}, 200),
    ("/async/gateway/", {}, 200),
    ("/gateways/uwsgi/gateway/", {}, 200),
    ("/gateways/gunicorn/gateway/", {}, 200),
    ("/gateways/daphne/gateway/", {}, 200),
    ("/gateways/uwsgi/nothing/", {}, 404),
    ("/gateways/gunicorn/nothing/", {}, 404),
    ("/gateways/daphne/nothing/", {}, 404),
    ("/admin/", {}, 302),
    ("/static/lobby/lobby.css", {}, 200),
    ("/static/lobby/lobby.css", {"Range": "bytes=0-9"}, 206),
    ("/static/lobby/lobby.css", {"Range": "bytes=999999-"}, 416),
    ("/static/nothing", {}, 404),
    ("/media/nothing", {}, 404),
    ("/gateways/nobody/", {}, 404),
    ("/gateways/uwsgi", {}, 301),
    ("/healthz", {}, 200),
    ("/", {"Upgrade": "websocket", "Connection": "Upgrade"}, 501),
    ("/", {"X-Long": "x" * 11_000}, 431),
    (f"/{'x' * 11_000}", {}, 414),
    ("/", {"Host": "evil.example"}, 421),
    ("/", {"Host": "local host"}, 400),
]


@pytest.fixture
def expected(setting: Callable[[str], str]) -> list[str]:
    return [f"max-age={setting('HSTS_MAX_AGE')}"]


def test_hsts_is_two_years_by_default(setting: Callable[[str], str]) -> None:
    """Mozilla's profile asks for two years, the Observatory for half a year."""
    assert int(os.environ.get("HSTS_MAX_AGE", setting("HSTS_MAX_AGE"))) >= 63072000


@pytest.mark.parametrize(("path", "headers", "status"), ANSWERS, ids=[f"{row[2]} {row[0][:30]}" for row in ANSWERS])
def test_every_response_over_https_has_hsts_once(
    https: httpx.Client, cases: Cases, expected: list[str], path: str, headers: dict[str, str], status: int
) -> None:
    cases.add("TLS: HSTS", f"{status} {path[:30]} {' '.join(headers)}")
    # identity: for a 416 of a compressed file, nginx sends a wrong Content-Encoding.
    answer = https.get(path, headers={"Accept-Encoding": "identity", **headers})
    assert answer.status_code == status
    assert answer.headers.get_list("Strict-Transport-Security") == expected


def test_hsts_is_sent_over_http_2_and_3(
    stack: TlsStack, trust: ssl.SSLContext, cases: Cases, expected: list[str]
) -> None:
    cases.add("TLS: HSTS", "HTTP/2", "HTTP/3")
    with httpx.Client(http2=True, verify=trust, base_url=stack.https_url) as browser:
        assert browser.get("/").headers.get_list("Strict-Transport-Security") == expected

    async def ask() -> list[list[str]]:
        async with http3.opened(stack) as connection:
            return [
                (await connection.get(path)).all("Strict-Transport-Security") for path in ("/", "/gateways/nobody/")
            ]

    assert asyncio.run(ask()) == [expected, expected]


def test_the_age_of_hsts_is_one_setting(stack: TlsStack) -> None:
    """0 switches it off in browsers that have it. Checked in rendered files, because the stack keeps running."""
    for age in ("0", "300"):
        shell = "/etc/nginx/entrypoint render /tmp/r && grep -h hsts /tmp/r/https.conf"
        rendered = stack.compose("exec", "-T", "--env", f"HSTS_MAX_AGE={age}", "nginx", "sh", "-c", shell).stdout
        assert f"on 'max-age={age}'" in rendered


def test_a_stack_without_https_sends_no_hsts() -> None:
    """The plain stack of the other tests."""
    plain = Stack(os.environ["COMPOSE_PROJECT_NAME"], {})
    edge = Edge.of(plain)
    for path in ("/", "/static/lobby/lobby.css", "/gateways/nobody/", "/gateways/daphne/gateway/"):
        answer = edge.get(path)
        assert answer.all("Strict-Transport-Security") + answer.all("Alt-Svc") == []
