"""Whatever a client claims about itself, Django sees the client, scheme, host and request id that nginx sees."""

import re
from typing import Any

import pytest

from tests.parity.compare import told
from tests.routing.wire import Answer, Edge
from tests.support.stack import GATEWAYS

# Believed by one server or framework or another. nginx overwrites them or leaves them out: Django is told nothing new.
OWNED = [
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Forwarded-For", "6.6.6.6, 127.0.0.1"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Port", "666"),
    ("X-Forwarded-Ssl", "on"),
    ("X-Forwarded-Protocol", "https"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Real-IP", "6.6.6.6"),
    ("X-Real-Port", "666"),
    ("Forwarded", "for=6.6.6.6;proto=https;host=evil.example"),
    ("X-Request-ID", "0" * 32),
    ("Daphne-Root-Path", "/evil"),
    ("Proxy", "http://evil.example"),
    # WSGI writes `-` as `_`: such a name would take the place of the one above. nginx drops each of them.
    ("X_Forwarded_For", "6.6.6.6"),
    ("X_Forwarded_Proto", "https"),
    ("X_Forwarded-Host", "evil.example"),
    ("X_Real_IP", "6.6.6.6"),
    ("X_Request_ID", "0" * 32),
    ("Daphne_Root_Path", "/evil"),
    ("SCRIPT_NAME", "/evil"),
    ("PATH_INFO", "/evil"),
    ("REMOTE_ADDR", "6.6.6.6"),
    ("UWSGI_SCHEME", "https"),
    ("UWSGI_FILE", "/tmp/evil.py"),  # noqa: S108  # a path that nobody opens
    ("Content_Length", "0"),
]

# Passed on as what they are, headers of the client's own; they change nothing else.
PASSED = [
    ("Script-Name", "/evil"),
    ("X-Script-Name", "/evil"),
    ("Path-Info", "/evil"),
    ("Remote-Addr", "6.6.6.6"),
    ("Uwsgi-Scheme", "https"),
    ("Uwsgi-File", "/tmp/evil.py"),  # noqa: S108
    ("HTTPS", "on"),
    ("Front-End-Https", "on"),
    ("X-Forwarded-Scheme", "https"),
    ("X-Url-Scheme", "https"),
    ("X-Client-IP", "6.6.6.6"),
    ("True-Client-IP", "6.6.6.6"),
    ("X-Original-URL", "/evil"),
    ("X-Rewrite-URL", "/evil"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Accel-Redirect", "/static/"),
]

ROUTES = [("localhost", "/"), ("localhost", "/async/")]
ROUTES += [("localhost", f"/gateways/{gateway}/") for gateway in GATEWAYS]
ROUTES += [(f"{gateway}.localhost", "/") for gateway in GATEWAYS]


def without_id(answer: Answer) -> dict[str, Any]:
    """What Django was told, after a look at the id: the answer's own, and no client's."""
    told_id = answer.json()["META"]["HTTP_X_REQUEST_ID"]
    assert told_id == answer.one("X-Request-ID")
    assert re.fullmatch(r"[0-9a-f]{32}", told_id)
    assert told_id != "0" * 32
    return told(answer)


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_what_nginx_owns_cannot_be_forged(echo: Edge, host: str, path: str) -> None:
    plain = without_id(echo.get(path, host))
    for header in OWNED:
        assert without_id(echo.get(path, host, [header])) == plain, header
        # Two of the same: neither the first nor the last one counts.
        assert without_id(echo.get(path, host, [header, (header[0], "")])) == plain, header
    assert without_id(echo.get(path, host, OWNED)) == plain


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_other_headers_are_headers_and_nothing_else(echo: Edge, host: str, path: str) -> None:
    plain = without_id(echo.get(path, host))
    for name, value in PASSED:
        found = without_id(echo.get(path, host, [(name, value)]))
        assert found["META"].pop(f"HTTP_{name.upper().replace('-', '_')}") == value
        assert found == plain, name


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_the_project_itself_sees_through_them_all(edge: Edge, gateway: str, path: str) -> None:
    plain, forged = (edge.get(f"/gateways/{gateway}{path}", headers=headers) for headers in ([], OWNED + PASSED))
    facts = ("scheme", "remote_addr", "host")
    assert [forged.json()[fact] for fact in facts] == [plain.json()[fact] for fact in facts]
    assert forged.json()["request_id"] == forged.one("X-Request-ID") != plain.one("X-Request-ID")


def test_no_prefix_of_a_clients_gets_into_a_url(edge: Edge, gateway: str) -> None:
    answer = edge.get(f"/gateways/{gateway}/admin/x", headers=OWNED + PASSED)
    assert answer.one("Location") == "/admin/login/?next=/admin/x"
