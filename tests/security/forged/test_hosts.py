"""A forged host gets into no URL: nginx rejects it, or passes the matching name of the site to the gateway."""

import pytest

from tests.security.cases import Cases
from tests.support.echo import Echo
from tests.support.stack import GATEWAYS
from tests.support.wire import Answer, Edge

# The Host header, as latin-1 bytes, and the host that Django gets or the status of the rejection.
HOSTS: dict[str, str | int] = {
    "localhost": "localhost",
    "LOCALHOST": "localhost",
    "localhost.": "localhost",
    "localhost:80": "localhost:80",
    "localhost:65535": "localhost:65535",
    " localhost  ": "localhost",
    "127.0.0.1:8443": "127.0.0.1:8443",
    "127.0.0.1.": "127.0.0.1",
    "evil.example": 421,
    "localhost.evil.example": 421,
    "evil.example.localhost": 421,
    "evil-localhost": 421,
    "localhost..": 400,
    "localhost.evil.example:80": 421,
    "evil.example:80": 421,
    "localhost:80.evil.example": 400,
    "localhost:80@evil.example": 400,
    "localhost@evil.example": 400,
    "evil.example@localhost": 400,
    "user:pass@localhost": 400,
    "localhost:": "localhost",
    "localhost:0": "localhost",
    "localhost:65536": 400,
    "localhost:-1": 400,
    "localhost:8e1": 400,
    "localhost:80:80": 400,
    "localhost,evil.example": 421,
    "localhost evil.example": 400,
    "localhost\tevil.example": 400,
    "localhost/evil": 400,
    "localhost?evil": 400,
    "localhost#evil": 400,
    "localhost\\evil": 400,
    "localhost;evil": 421,
    "localhost%00.evil.example": 421,
    "localhost\0.evil.example": 400,
    "localhost\x7f": 400,
    "http://localhost": 400,
    "//localhost": 400,
    "[::1]": 421,
    "[::1]:8080": 421,
    "[::ffff:127.0.0.1]": 421,
    "[localhost]": 421,
    "[::1": 400,
    "0.0.0.0": 421,  # noqa: S104
    "0x7f.1": 421,
    "2130706433": 421,
    "xn--lcalhost-9za.evil.example": 421,
    "l\xc3\xb6calhost": 400,
    "localhost\xe3\x80\x82": 400,
    "uwsgi": 421,
    "nginx": 421,
    "*": 421,
    "*.localhost": 421,
    "_": 421,
    "-": 421,
    ".": 400,
    ".localhost": 421,
    "": 400,
    "x" * 250 + ".localhost": 421,
    "x." * 4000 + "localhost": 421,
    "x" * 12_000: 431,
}  # fmt: skip


def refused_by_nginx(edge: Edge, answers: list[Answer]) -> bool:
    return {entry["upstream_addr"] for entry in edge.all_logged(answers)} == {""}


def test_a_foreign_host_is_rejected(echo: Echo, cases: Cases, gateway: str) -> None:
    cases.add("forged: Host", *map(repr, HOSTS))
    answers = [echo.get(f"/gateways/{gateway}/host-{number}", host) for number, host in enumerate(HOSTS)]
    for number, (answer, (host, expected)) in enumerate(zip(answers, HOSTS.items(), strict=True)):
        if isinstance(expected, int):
            assert answer.status == expected, host
        else:
            assert (answer.status, answer.json()["absolute_uri"]) == (200, f"http://{expected}/host-{number}"), host
            assert answer.json()["host"] == expected
            assert "evil" not in answer.body.decode()
    seen = {path for _, path in echo.seen(gateway) if path.startswith("/host-")}
    assert seen == {f"/host-{number}" for number, answer in enumerate(answers) if answer.status == 200}
    assert refused_by_nginx(echo, [answer for answer in answers if answer.status != 200])


def test_the_request_lines_host_wins_over_the_headers(echo: Edge, cases: Cases, gateway: str) -> None:
    """As HTTP demands (RFC 9112, 3.2.2), for nginx and the gateways alike."""
    headers = ["localhost", "evil.example", f"{GATEWAYS[0]}.localhost", "x" * 300]
    cases.add("forged: absolute target and Host", *headers)
    for header in headers:
        told = echo.get(f"http://127.0.0.1:81/gateways/{gateway}/a", header).json()
        assert (told["absolute_uri"], told["META"]["HTTP_HOST"]) == ("http://127.0.0.1:81/a", "127.0.0.1:81")
        assert "evil" not in str(told)
    assert echo.get("http://evil.example/a", "localhost").status == 421


@pytest.mark.parametrize("second", ["localhost", "evil.example", ""])
@pytest.mark.parametrize("first", ["localhost", "evil.example", ""])
def test_two_hosts_are_rejected_in_either_order(echo: Edge, cases: Cases, first: str, second: str) -> None:
    cases.add("forged: two Hosts", f"{first}, {second}")
    answer = echo.get("/", first, [("Host", second)])
    assert answer.status == 400
    assert refused_by_nginx(echo, [answer])


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "localhost:80@evil.example"])
def test_http_1_0_does_not_bypass_the_host_check(echo: Edge, gateway: str, host: str) -> None:
    assert echo.ask("GET", f"/gateways/{gateway}/", host, version="1.0").status in (400, 421)
    assert echo.ask("GET", f"http://{host}/gateways/{gateway}/", "localhost", version="1.0").status in (400, 421)


def test_the_host_that_the_project_sees_is_ours(edge: Edge, cases: Cases, gateway: str) -> None:
    """The project behind its own ALLOWED_HOSTS: an absolute URL in a mail would have the host reported here."""
    hosts = {host: expected for host, expected in HOSTS.items() if isinstance(expected, str)}
    cases.add("forged: Host", *map(repr, hosts))
    for host, expected in hosts.items():
        assert edge.get(f"/gateways/{gateway}/gateway/", host).json()["host"] == expected
    forged = [(name, "evil.example") for name in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded")]
    answer = edge.get(f"/gateways/{gateway}/gateway/", headers=forged)
    assert (answer.json()["host"], b"evil" in answer.body) == ("localhost", False)
