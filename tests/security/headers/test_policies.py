"""Every answer has the headers of its kind exactly once, on each gateway. A project's own headers take precedence."""

from urllib.parse import urlencode

import httpx
import pytest

from tests.security.cases import Cases
from tests.security.headers.answers import (
    EVERYWHERE,
    FAILURES,
    KINDS,
    OWN,
    PAGES,
    Case,
    through,
)
from tests.support.stack import GATEWAYS, Stack
from tests.support.wire import Answer, Edge

KIND = "headers: each once, on each answer"
WINS = "headers: a project's own"

CASES = [*OWN, *(case for gateway in GATEWAYS for case in through(gateway, PAGES))]
MISBEHAVING = [case for gateway in GATEWAYS for case in through(gateway, FAILURES)]

# Words that a policy must not have: each allows foreign code, or all code of one kind.
LOOSE = ("'unsafe-", "*", "data:", "blob:", "http:", "https:")


def assert_policy(answer: Answer) -> None:
    directives = dict(part.strip().partition(" ")[::2] for part in answer.one("Content-Security-Policy").split(";"))
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] in ("'self'", "'none'")
    assert not [word for word in LOOSE for sources in directives.values() if word in sources]


def assert_headers(case: Case, answer: Answer) -> None:
    assert answer.status == case.status
    names = [name for name, _ in answer.headers]
    assert [name for name in names if names.count(name) > 1] == []
    assert (EVERYWHERE | KINDS[case.kind]) - set(names) == set()
    assert (answer.one("Server"), answer.one("X-Content-Type-Options")) == ("nginx", "nosniff")
    if "content-security-policy" in KINDS[case.kind]:
        assert_policy(answer)
        assert answer.one("Cross-Origin-Resource-Policy") == "same-origin"
    if "referrer-policy" in KINDS[case.kind]:
        assert answer.one("Referrer-Policy") == ("no-referrer" if case.kind == "media" else "same-origin")
    if "cross-origin-opener-policy" in KINDS[case.kind]:
        assert answer.one("Cross-Origin-Opener-Policy") == "same-origin"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_header_is_sent_once(edge: Edge, cases: Cases, case: Case) -> None:
    cases.add(KIND, case.name, note="status 200 to 501; pages, JSON, streams, files, errors; three gateways and nginx")
    assert_headers(case, case.ask(edge))


@pytest.mark.parametrize("case", MISBEHAVING, ids=lambda case: case.name)
def test_each_header_is_sent_once_with_an_error(misbehaving: Edge, cases: Cases, case: Case) -> None:
    cases.add(KIND, case.name)
    answer = case.ask(misbehaving)
    assert_headers(case, answer)
    assert b"secret" not in answer.body


def test_an_upload_is_sent_as_an_attachment_that_may_do_nothing(http: httpx.Client, edge: Edge, cases: Cases) -> None:
    stored = http.post("/upload/", files={"file": ("page.html", b"<script>alert(1)</script>")}).json()
    case = Case("upload", "media", 200, stored["url"])
    cases.add(KIND, case.name)
    answer = case.ask(edge)
    assert_headers(case, answer)
    assert answer.one("Content-Disposition") == "attachment"
    assert "sandbox" in answer.one("Content-Security-Policy").split("; ")


def test_a_servers_own_errors_have_nosniff(edge: Edge, cases: Cases) -> None:
    """The server rejects the request without the project, so no middleware adds the headers: nginx does."""
    case = Case("a method that gunicorn does not know", "bare", 400, "/gateways/gunicorn/", "FROB")
    cases.add(KIND, case.name)
    assert_headers(case, case.ask(edge))


OWN_WORDS = {
    "Content-Security-Policy": "default-src 'self' https://cdn.example",
    "X-Content-Type-Options": "none-of-ours",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(self)",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}


def test_a_views_own_headers_reach_the_client_unchanged(misbehaving: Edge, cases: Cases, gateway: str) -> None:
    """Neither the sample's middlewares nor nginx replace such a header, or add a second one."""
    cases.add(WINS, *OWN_WORDS, note="a view's policies arrive as they are; its Server and X-Powered-By do not")
    answer = misbehaving.get(f"/gateways/{gateway}/say/?{urlencode(OWN_WORDS)}")
    assert answer.status == 200
    assert {name: answer.one(name) for name in OWN_WORDS} == OWN_WORDS


def test_server_identification_headers_are_not_passed_on(misbehaving: Edge, cases: Cases, gateway: str) -> None:
    cases.add(WINS, "Server", "X-Powered-By")
    answer = misbehaving.get(f"/gateways/{gateway}/say/?Server=secret/1.2.3&X-Powered-By=secret")
    assert (answer.status, answer.one("Server"), answer.all("X-Powered-By")) == (200, "nginx", [])


WITH_DEBUG = """
import django
django.setup()
from django.test import Client
for path in ("/nope/", "/livez"):
    answer = Client(SERVER_NAME="localhost", raise_request_exception=False).get(path)
    print(answer.status_code, "Content-Security-Policy" in answer.headers)
"""


def test_with_debug_djangos_own_error_pages_keep_their_styles(stack: Stack) -> None:
    """Only developers see these pages, and all their styles are inline: the policy would leave bare text."""
    told = stack.inside("gunicorn").check_output("DEBUG=1 python -c %s", WITH_DEBUG)
    assert told.split("\n") == ["404 False", "200 True"]
