"""The access log is one JSON object a line on standard output, and contains no secrets."""

import json
import secrets

import pytest

from tests.support.stack import run, wait_until
from tests.support.wire import Edge, chunked, request

NUMBERS = {"status", "bytes", "request_time"}
TEXTS = {
    "time",
    "request_id",
    "remote_addr",
    "scheme",
    "host",
    "method",
    "uri",
    "protocol",
    "tls",
    "gateway",
    "stepped_in",
    "upstream_addr",
    "upstream_status",
    "upstream_connect_time",
    "upstream_response_time",
    "user_agent",
    "referer",
}

HOSTILE = [
    '"',
    '\\"}',
    "\\",
    "\t",
    "\x7f\x1f",
    "</script>",
    "\xff\xfe",
    "\xe2\x82",
    "ü€🎩".encode().decode("latin-1"),
    '", "status": 200, "x": "',
    "\\u0000\\n",
    "x" * 5000,
]


def test_every_line_is_a_json_object_of_the_same_keys(edge: Edge) -> None:
    for data in (b"HELO\r\n\r\n", b"\x16\x03\x01", request("GET", "/static/nope"), request("GET", "/", "evil.example")):
        edge.exchange(data)
    edge.logged(edge.get("/livez"))
    for line in edge.log():
        entry = json.loads(line)
        assert {name for name, value in entry.items() if isinstance(value, str)} == TEXTS, line
        assert {name for name, value in entry.items() if isinstance(value, int | float)} == NUMBERS, line


@pytest.mark.parametrize("path", ["/gateways/uwsgi/livez", "/gateways/gunicorn/livez", "/static/staticfiles.json"])
def test_nothing_that_a_client_sends_breaks_a_line(edge: Edge, path: str) -> None:
    answers = [edge.get(path, headers=[("User-Agent", f"a{value}z"), ("Referer", f"a{value}z")]) for value in HOSTILE]
    for answer, entry in zip(answers, edge.all_logged(answers), strict=True):
        # gunicorn rejects control characters.
        assert answer.status in (200, 400)
        assert (entry["status"], entry["user_agent"][0], entry["referer"][0]) == (answer.status, "a", "a")


def test_a_forged_line_in_a_path_stays_a_path(edge: Edge) -> None:
    answer = edge.get('/static/x%22,%22status%22:200,"status":200,"x":"')
    entry = edge.logged(answer)
    assert (entry["status"], entry["uri"]) == (404, '/static/x%22,%22status%22:200,"status":200,"x":"')


def test_a_log_line_has_client_request_and_duration(edge: Edge, gateway: str) -> None:
    headers = [("User-Agent", "tester/1.0"), ("Referer", "http://localhost/page?token=1#part")]
    answer = edge.get(f"/gateways/{gateway}/hello/async/?seconds=0.2", headers=headers)
    entry = edge.logged(answer)
    assert (entry["method"], entry["host"], entry["scheme"], entry["protocol"]) == (
        "GET",
        "localhost",
        "http",
        "HTTP/1.1",
    )
    assert (entry["uri"], entry["status"]) == (f"/gateways/{gateway}/hello/async/", 200)
    assert (entry["user_agent"], entry["referer"]) == ("tester/1.0", "http://localhost/page")
    assert (entry["gateway"], entry["upstream_status"]) == (gateway, "200")
    # Each is rounded to a millisecond.
    assert entry["request_time"] + 0.002 > float(entry["upstream_response_time"]) >= 0.19
    assert entry["bytes"] > len(answer.body)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "PROPFIND", "M-SEARCH", "X_Y"])
@pytest.mark.parametrize("path", ["/static/nope", "/media/nope", "/gateways/nope/"])
def test_the_method_is_the_client_s_if_nginx_answers_with_an_error_page(edge: Edge, method: str, path: str) -> None:
    """While nginx serves that page, its own name for the method is GET."""
    answer = edge.ask(method, path)
    assert answer.status in (404, 405)
    assert edge.logged(answer)["method"] == method


def test_no_secret_of_a_request_is_logged(edge: Edge) -> None:
    """The secret is wherever a URL, header or body can have one, in requests that succeed and requests that fail."""
    secret = secrets.token_hex(8)
    headers = [
        ("Authorization", f"Bearer {secret}"),
        ("Cookie", f"sessionid={secret}"),
        ("X-Api-Key", secret),
        ("X-Request-ID", secret),
        ("X-Forwarded-For", secret),
        ("Referer", f"http://localhost/?token={secret}#{secret}"),
    ]
    paths = [
        "/livez",
        "/gateways/daphne/livez",
        "/async/nope/",
        "/static/nope",
        "/static/staticfiles.json",
        "/media/nope",
    ]
    answers = [edge.get(f"{path}?token={secret}", headers=headers) for path in paths]
    answers.append(edge.get(f"/?token={secret}", "evil.example", headers))
    answers.append(edge.ask("POST", f"/gateways/uwsgi/upload/?token={secret}", headers=headers, body=secret.encode()))
    chunks = [("Transfer-Encoding", "chunked"), *headers]
    answers.append(edge.send(request("POST", f"/students/?token={secret}", headers=chunks) + chunked(secret.encode())))
    edge.all_logged(answers)
    assert not [line for line in edge.log("--tail", "200") if secret in line]


def test_the_error_log_is_separate(edge: Edge) -> None:
    """It goes to standard error: its lines are not JSON."""
    edge.logged(edge.ask("POST", "/livez", body=b"x" * 100_000))
    wait_until(lambda: "client_body" in run("docker", "logs", "--tail", "50", edge.container).stderr, 5)
