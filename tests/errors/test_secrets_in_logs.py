"""No log of any service has a query string, cookie or Authorization header, whatever happens to the request."""

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest

from tests.routing.wire import Edge, request
from tests.security.websockets.raw import Client, Handshake, frame, text
from tests.support.echo import Echo
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, run, wait_until

ACCEPT = {"type": "websocket.accept"}
DENIAL = {"type": "websocket.http.response.start", "status": 401, "headers": []}

# What the application does with a WebSocket.
ACTS: dict[str, tuple[object, ...]] = {
    "accepts it": (ACCEPT, {"type": "websocket.close"}),
    "refuses it": ({"type": "websocket.close"},),
    "denies it": (DENIAL, {"type": "websocket.http.response.body", "body": "no"}),
    "raises": ("raise",),
    "returns": (),
    "raises once it is open": (ACCEPT, "raise"),
    "is told what is no frame": (ACCEPT, "receive", "receive"),
}


class Leaver:
    """Sends every kind of request, with one secret in every place where browsers send secrets."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.secret = secrets.token_hex(12)
        self.query = f"token={self.secret}"
        self.headers = [
            ("Cookie", f"sessionid={self.secret}"),
            ("Authorization", f"Bearer {self.secret}"),
            ("Referer", f"http://localhost/page?{self.query}#{self.secret}"),
        ]

    def ask(self, method: str, path: str, host: str = "localhost", body: bytes | None = None) -> int:
        return self.edge.ask(method, f"{path}?{self.query}", host, self.headers, body).status

    def open(self, path: str, **options: object) -> int:
        handshake = Handshake(f"{path}{'&' if '?' in path else '?'}{self.query}", more=self.headers, **options)  # type: ignore[arg-type]
        with Client(self.edge.address, handshake) as client:
            if client.answer.status == 101:
                client.send(text("x") + frame(3))
                list(client.frames())
            return client.answer.status

    def send(self, data: bytes) -> None:
        with suppress(OSError):
            self.edge.exchange(data)

    def leave_early(self, path: str) -> None:
        """Sends half of a body and closes."""
        with self.edge.connect() as connection:
            head = request("POST", f"{path}?{self.query}", headers=[*self.headers, ("Content-Length", "200000")])
            connection.sendall(head + b"x" * 100_000)

    def send_garbage(self, path: str) -> None:
        good = request("GET", f"{path}?{self.query}", headers=self.headers).decode()
        for old, new in (
            (" HTTP/1.1", ""),
            (" HTTP/1.1", " HTTP/9.9"),
            (" HTTP/1.1", '" "HTTP/1.1'),
            ("?", '?"'),
            ("?", "?\x1b[31m"),
            ("?", "? "),
            ("?", "?" + "x" * 10_000),
            ("Host: localhost", "Host: evil.example"),
            ("Host: localhost", "Host: local host"),
            ("Host: localhost", "Host"),
            ("Cookie:", "Cookie :"),
            ("Cookie: ", "Cookie: \x01"),
            ("Cookie: ", "Cookie: " + "x" * 10_000),
            ("Connection: close", "Transfer-Encoding: nothing"),
            ("Connection: close", "Connection: close\r\nTransfer-Encoding: chunked"),
        ):
            self.send(good.replace(old, new).encode("latin-1") + b"zz\r\n\r\n")


def every_log(*stacks: Stack) -> list[str]:
    return [line for stack in stacks for line in stack.compose("logs", "--no-color").stdout.splitlines()]


@pytest.fixture(scope="module")
def sample(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))


@pytest.fixture
def nothing_logged(stack: Stack, echo: Echo) -> Iterator[Leaver]:
    """Checks the logs of both stacks after the test. `edge` is the echo stack; a test sets it to ask the sample."""
    leaver = Leaver(echo)
    yield leaver
    # nginx buffers log lines for a second.
    path = f"/last/{secrets.token_hex(8)}"
    echo.get(path)
    wait_until(lambda: any(path in line for line in every_log(echo.stack)), 15, "the last line")
    assert [line for line in every_log(stack, echo.stack) if leaver.secret in line] == []


def test_requests_of_every_kind_leave_no_secret(nothing_logged: Leaver, sample: Edge) -> None:
    ask = nothing_logged.ask
    for gateway in GATEWAYS:
        there = f"/gateways/{gateway}"
        assert ask("GET", f"{there}/good/") == 200
        assert ask("POST", f"{there}/fail/") == 500
        # Large enough that nginx writes it to a file, and logs a warning.
        assert ask("POST", f"{there}/large/", body=b"x" * 200_000) == 200
        nothing_logged.leave_early(f"{there}/left/")
        nothing_logged.send_garbage(f"{there}/garbage/")
    nothing_logged.edge = sample
    for gateway in GATEWAYS:
        there = f"/gateways/{gateway}"
        statuses = [ask("GET", f"{there}{path}") for path in ("/livez", "/nothing/", "/async/gateway/", "/admin/")]
        assert statuses == [200, 404, 200, 302]
        assert ask("POST", f"{there}/admin/login/", body=b"username=x") == 403
        assert ask("TRACE", f"{there}/gateway/") == 405
        assert ask("GET", "/gateway/", f"{gateway}.evil.example") == 421
        nothing_logged.send_garbage(f"{there}/gateway/")


@pytest.mark.parametrize("gateway", ASGI_GATEWAYS)
def test_websockets_of_every_kind_leave_no_secret(nothing_logged: Leaver, gateway: str, sample: Edge) -> None:
    there = f"/gateways/{gateway}"
    for steps in ACTS.values():
        nothing_logged.open(f"{there}/act/?act={quote(json.dumps(steps))}")
    nothing_logged.edge = sample
    assert nothing_logged.open(f"{there}/ws/nothing/") == 403
    assert nothing_logged.open(f"{there}/ws/echo/", headers={"Origin": "http://evil.example"}) == 403
    assert nothing_logged.open(f"{there}/ws/echo/", headers={"Sec-WebSocket-Key": "short"}) == 400
    assert nothing_logged.open(f"{there}/ws/echo/", headers={"Sec-WebSocket-Version": "8"}) == 426
    assert nothing_logged.open("/gateways/uwsgi/ws/echo/") == 501
    assert nothing_logged.open(f"{there}/ws/rooms/secret/") == 101


def test_a_gateway_that_is_down_leaves_no_secret_in_nginx_s_error_log(nothing_logged: Leaver, echo: Echo) -> None:
    path = f"/gateways/daphne/down/{secrets.token_hex(8)}"
    echo.stack.compose("kill", "daphne")
    try:
        assert nothing_logged.ask("GET", path) in (502, 503, 504)
        assert nothing_logged.open(path) in (502, 503, 504)
    finally:
        echo.stack.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "--no-recreate", "daphne")
    # The request is logged, without its query string.
    lines = run("docker", "logs", echo.container).stderr.splitlines()
    assert [line for line in lines if f'"GET {path} HTTP/1.1"' in line]


def test_uwsgi_s_line_of_an_error_has_the_request_s_id(echo: Echo) -> None:
    answer = echo.get("/gateways/uwsgi/fail/")
    line = f" 500 for GET of request {answer.one('X-Request-ID')} after "
    wait_until(lambda: any(line in it for it in every_log(echo.stack)), 10, "uWSGI's line")


def test_the_error_log_goes_on_where_its_reader_was_killed(echo: Echo) -> None:
    find = "grep -l '^perl' /proc/[0-9]*/cmdline | cut -d / -f 3"
    old = run("docker", "exec", echo.container, "sh", "-c", find).stdout.split()
    run("docker", "exec", echo.container, "sh", "-c", f"kill -KILL $({find} | head -n 1)")
    wait_until(lambda: run("docker", "exec", echo.container, "sh", "-c", find).stdout.split() not in ([], old), 20)
    path = f"/gateways/uwsgi/{secrets.token_hex(8)}"
    echo.ask("POST", path, body=b"x" * 200_000)
    wait_until(lambda: path in run("docker", "logs", echo.container).stderr, 10, "nginx's warning of a large body")


def test_postgresql_logs_no_statement(stack: Stack) -> None:
    secret = secrets.token_hex(12)
    command = 'psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --command "$1"'
    stack.compose(
        "exec", "-T", "postgres", "sh", "-c", command, "sh", f"SELECT 1 / 0 WHERE '{secret}' <> ''", check=False
    )
    logs = stack.compose("logs", "--no-color", "postgres").stdout
    assert "division by zero" in logs
    assert secret not in logs


# A message and an exception that name a URL, such as Django's own for a Referer that it rejects.
RECORDS = """
import logging
from tricorn.logs import JsonFormatter
try:
    raise ValueError("no answer from https://a/b?token=HIDDEN#HIDDEN")
except ValueError as error:
    found = (ValueError, error, error.__traceback__)
message, named = "Referer checking failed - %s does not match", ("http://c/d?e=HIDDEN",)
record = logging.LogRecord("x", logging.ERROR, "x.py", 1, message, named, found)
print(JsonFormatter().format(record))
"""


def test_the_sample_names_addresses_without_their_query(stack: Stack) -> None:
    line = stack.compose("exec", "-T", "uwsgi", "python", "-c", RECORDS).stdout
    assert "HIDDEN" not in line
    assert json.loads(line)["message"] == "Referer checking failed - http://c/d does not match"
    assert json.loads(line)["exception"].endswith("ValueError: no answer from https://a/b")


def test_daphne_names_a_view_that_goes_on_without_the_query(stack: Stack) -> None:
    made = "it = Request.__new__(Request); it.method, it.path, it.uri = b'GET', b'/a', b'/a?b'"
    asked = f"import daphne.server; from tricorn.daphne_body import Request; {made}; print(it)"
    assert stack.compose("exec", "-T", "daphne", "python", "-c", asked).stdout.strip() == "<GET b'/a'>"
