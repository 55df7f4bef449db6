"""Mozilla's HTTP Observatory gives every page A+: all ten tests pass, over HTTPS, on each gateway."""

import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.security.cases import Cases
from tests.security.headers.outside import look
from tests.support.admin import log_in
from tests.support.stack import GATEWAYS, Stack
from tests.support.tls_stack import TlsStack

KIND = "headers: pages at the HTTP Observatory"

TESTS = {
    "content-security-policy",
    "cookies",
    "cross-origin-resource-policy",
    "cross-origin-resource-sharing",
    "redirection",
    "referrer-policy",
    "strict-transport-security",
    "subresource-integrity",
    "x-content-type-options",
    "x-frame-options",
}

# Path and status of each gateway's pages; the admin with a logged-in user.
OF_A_GATEWAY = {
    "lobby": ("/", 200),
    "upload": ("/upload/", 200),
    "students": ("/students/", 200),
    "login": ("/admin/login/", 200),
    "admin": ("/admin/", 200),
    "admin, students": ("/admin/students/student/", 200),
    "admin, a form": ("/admin/students/student/add/", 200),
    "admin, password": ("/admin/password_change/", 200),
    "not there": ("/nope/", 404),
    "bad value": ("/students/?page=x", 400),
}

OF_NGINX = {
    "file not there": ("/static/nope", 404),
    "no such gateway": ("/gateways/nope/", 404),
    "bad path": ("/a%0d%0ab", 400),
}


def pages() -> dict[str, tuple[str, int]]:
    found = dict(OF_NGINX)
    for gateway in GATEWAYS:
        for name, (path, status) in OF_A_GATEWAY.items():
            found[f"{name}, {gateway}"] = (f"/gateways/{gateway}{path}", status)
    return found


PAGES = pages()


@pytest.fixture(scope="module")
def scanned(tls_stack: TlsStack, superuser: Callable[[Stack], tuple[str, str]]) -> dict[str, Any]:
    """The Observatory's result for each page."""
    trust = ssl.create_default_context(cafile=tls_stack.authority)
    with httpx.Client(base_url=tls_stack.https_url, headers={"Origin": tls_stack.https_url}, verify=trust) as client:
        client.headers["Referer"] = tls_stack.https_url  # browsers send it, and Django checks it over HTTPS
        assert log_in(client, *superuser(tls_stack)).status_code == 302
        uploaded = client.post("/upload/", files={"file": ("page.html", b"<script>alert(1)</script>")}).json()["url"]
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    asked = [
        {"name": name, "host": "localhost", "path": path, "cookie": cookie if "admin" in name else ""}
        for name, (path, _) in {**PAGES, "an upload": (uploaded, 200)}.items()
    ]
    asked += [{"name": f"{gateway}.localhost", "host": f"{gateway}.localhost", "path": "/"} for gateway in GATEWAYS]
    return look(tls_stack, "scan.mjs", *asked)


@pytest.mark.parametrize("page", [*PAGES, "an upload", *(f"{gateway}.localhost" for gateway in GATEWAYS)])
def test_the_grade_is_a_plus_and_all_ten_tests_pass(scanned: dict[str, Any], cases: Cases, page: str) -> None:
    cases.add(KIND, page, tried=len(TESTS), note="the ten tests of each; A+")
    found = scanned[page]
    assert found["status"] == PAGES.get(page, ("", 200))[1]
    assert {name: test["result"] for name, test in found["tests"].items() if not test["pass"]} == {}
    assert set(found["tests"]) == TESTS
    assert found["grade"] == "A+"


def test_tests_with_several_passing_results_reach_the_best(scanned: dict[str, Any]) -> None:
    """Some tests pass if they find nothing to check. Here each has found what it checks."""
    results = {name: test["result"] for name, test in scanned["login, uwsgi"]["tests"].items()}
    assert results == {
        "content-security-policy": "csp-implemented-with-no-unsafe-default-src-none",
        "cookies": "cookies-secure-with-httponly-sessions-and-samesite",
        "cross-origin-resource-policy": "corp-implemented-with-same-origin",
        "cross-origin-resource-sharing": "cross-origin-resource-sharing-not-implemented",
        "redirection": "redirection-to-https",
        "referrer-policy": "referrer-policy-private",
        "strict-transport-security": "hsts-implemented-max-age-at-least-six-months",
        "subresource-integrity": "sri-not-implemented-but-all-scripts-loaded-from-secure-origin",
        "x-content-type-options": "x-content-type-options-nosniff",
        "x-frame-options": "x-frame-options-implemented-via-csp",
    }


def test_the_package_alone_reports_the_same(scanned: dict[str, Any]) -> None:
    """Our scan adds paths and cookies. For the site's first page, the Observatory's own scan must agree with it."""
    own, lobby = scanned["by itself"], scanned["lobby, uwsgi"]
    assert (own["grade"], own["score"]) == (lobby["grade"], lobby["score"])
    assert {name: test["result"] for name, test in own["tests"].items()} == {
        name: test["result"] for name, test in lobby["tests"].items()
    }
