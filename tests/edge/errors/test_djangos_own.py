"""nginx passes Django's own errors on unchanged: status, body and headers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.containers import paused
from tests.support.stack import GATEWAYS, Stack, run, wait_until
from tests.support.wire import Edge, Headers

JSON = [("Accept", "application/json")]
HTML = [("Accept", "text/html")]
FORM = [("Content-Type", "application/x-www-form-urlencoded")]

# Method, path, headers and body; status, and words of Django's that nginx's pages do not have.
ERRORS = [
    ("GET", "/nope/", JSON, None, 404, "There is nothing at this address."),
    ("GET", "/nope/", HTML, None, 404, "There is nothing at this address."),
    ("GET", "/ws/echo/", JSON, None, 404, "There is nothing at this address."),
    ("GET", "/students/99999999/", JSON, None, 404, "There is no such student."),
    ("POST", "/students/", JSON, b"{", 400, "This is not JSON."),
    ("POST", "/students/", JSON, b"x" * 3_000_000, 400, "The request is invalid"),
    ("POST", "/admin/login/", JSON + FORM, b"a=b", 403, "The form could not be verified"),
    ("POST", "/admin/login/", HTML + FORM, b"a=b", 403, "The form could not be verified"),
    ("PUT", "/students/", JSON, b"", 405, ""),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status", "words"), ERRORS)
def test_djangos_error_is_passed_on_unchanged(
    edge: Edge, method: str, path: str, headers: Headers, body: bytes | None, status: int, words: str
) -> None:
    answers = [edge.ask(method, f"/gateways/{name}{path}", headers=headers, body=body) for name in GATEWAYS]
    for gateway, answer, entry in zip(GATEWAYS, answers, edge.all_logged(answers), strict=True):
        assert (answer.status, words in answer.body.decode()) == (status, True)
        assert (entry["gateway"], entry["upstream_status"]) == (gateway, str(status))
        # The project's policy. That of nginx's own pages allows nothing.
        assert answer.one("Cross-Origin-Opener-Policy") == "same-origin"
        assert "script-src 'self'" in answer.one("Content-Security-Policy")
        assert not answer.all("Retry-After")
        if status == 405:
            assert answer.one("Allow") == "GET, POST, HEAD, OPTIONS"
        elif words.startswith(("There is nothing", "The ")):
            assert answer.one("X-Request-ID") in answer.body.decode()


def test_not_ready_is_djangos_503(stack: Stack, edge: Edge) -> None:
    """With Django's body, which nginx's own 503 would replace."""
    with paused(stack.container("valkey")), ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda gateway: edge.get(f"/gateways/{gateway}/readyz"), GATEWAYS))
    for answer in answers:
        found = answer.json()
        assert (answer.status, found["database"], found["valkey"] == "ok") == (503, "ok", False)
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: edge.get(f"/gateways/{gateway}/readyz").status == 200, 10)


def test_an_error_is_found_in_both_logs_by_its_id(stack: Stack, edge: Edge, gateway: str) -> None:
    answer = edge.get(f"/gateways/{gateway}/nope/in-both-logs/")
    assert edge.logged(answer)["status"] == 404
    container = stack.container(gateway)

    def lines() -> list[str]:
        log = run("docker", "logs", "--tail", "50", container)
        return [line for line in (log.stdout + log.stderr).splitlines() if answer.one("X-Request-ID") in line]

    (line,) = wait_until(lines, 5, "Django's line of that request")
    assert "/nope/in-both-logs/" in line
