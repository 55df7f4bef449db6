"""In a browser, the policies break nothing that the pages do, and block everything else."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.headers.outside import look
from tests.support.stack import GATEWAYS, Stack
from tests.support.tls_stack import TlsStack

# Gateways where the browser uses the admin and gets injected code. Every answer has the same policy (test_policies.py).
THOROUGH = GATEWAYS if IS_FULL else GATEWAYS[:1]
INTO = ("/admin/login/", "/") if IS_FULL else ("/admin/login/",)

KIND = "headers: code put into a page, in Chromium"

# Expected messages of the browser: pages that do not exist, and a WebSocket on uWSGI.
EXPECTED = re.compile(r"console: (Failed to load .* status of 404 |WebSocket .*/gateways/uwsgi/.* response code: 501$)")

# The directive that blocks each injection.
STOPPED_BY = {
    "a script": "script-src-elem",
    "a script of another site": "script-src-elem",
    "a script as data": "script-src-elem",
    "a module": "script-src-elem",
    "an event handler": "script-src-attr",
    "a javascript: address": "script-src-elem",
    "a style": "style-src-elem",
    "a style attribute": "style-src-attr",
    "a style sheet of another site": "style-src-elem",
    "a picture of another site, to tell it something": "img-src",
    "a frame": "frame-src",
    "a plugin": "object-src",
    "a base of another site": "base-uri",
    "a form to another site": "form-action",
    "text as code": "script-src",
    "a request to another site": "connect-src",
    "a WebSocket to another site": "connect-src",
}


@pytest.fixture(scope="module", params=["https", "http"] if IS_FULL else ["https"])
def seen(
    request: pytest.FixtureRequest, tls_stack: TlsStack, stack: Stack, superuser: Callable[[Stack], tuple[str, str]]
) -> dict[str, Any]:
    """By gateway: the steps that were done, and the browser's messages."""
    looked_at = tls_stack if request.param == "https" else stack
    name, password = superuser(looked_at)
    visit = {"scheme": request.param, "gateways": GATEWAYS, "thorough": THOROUGH, "into": INTO}
    return look(looked_at, "browse.mjs", {**visit, "name": name, "password": password})


def test_pages_and_admin_work_without_browser_errors(seen: dict[str, Any], gateway: str) -> None:
    assert len(seen[gateway]["steps"]) == (14 if gateway in THOROUGH else 4)
    assert [text for text in seen[gateway]["complaints"] if not EXPECTED.match(text)] == []


def test_code_injected_into_a_page_does_not_run(seen: dict[str, Any], cases: Cases) -> None:
    injected = [each for gateway in seen.values() for each in gateway["injected"].values()]
    assert len(injected) == len(THOROUGH) * len(INTO)
    cases.add(KIND, *STOPPED_BY, tried=len(STOPPED_BY) * len(injected), note="stopped by the directive meant for it")
    for outcomes in injected:
        assert outcomes == STOPPED_BY
