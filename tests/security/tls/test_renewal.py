"""nginx reloads a renewed certificate while clients continue. It rejects an invalid one and keeps the current one."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator

import pytest

from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.tls import http3
from tests.security.tls.handshake import client, served_certificate
from tests.security.tls.issuer import Issued, in_force, issue, put
from tests.security.tls.sockets import SecureSockets
from tests.security.tls.visitors import Visitors
from tests.support.stack import ASGI_GATEWAYS, nginx_workers, run, wait_until
from tests.support.tls_stack import TlsStack

COVERED = ("localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def own(stack: TlsStack) -> Iterator[Issued]:
    """Installs a certificate of another CA, and the development certificate afterwards."""
    own = issue(*COVERED)
    put(stack.certs, own.chain, own.key_pem())
    stack.script("make", "certs")
    yield own
    for name in ("fullchain.pem", "privkey.pem"):
        (stack.certs / name).unlink()
    stack.script("make", "certs")
    wait_until(lambda: served_certificate(stack, client(stack)), message="the development certificate")


@pytest.fixture
def mistake(stack: TlsStack, own: Issued) -> Iterator[None]:
    """Half of a renewal: another key."""
    put(stack.certs, key=issue(*COVERED).key_pem())
    yield
    put(stack.certs, own.chain, own.key_pem())


def one_line(failed: subprocess.CompletedProcess[str]) -> str:
    assert failed.returncode != 0, failed.stdout
    (line,) = [line for line in failed.stderr.splitlines() if not line.startswith("make: ***")]
    return line


def in_memory(stack: TlsStack) -> int:
    """The serial number of the certificate of a new connection, whoever signed it."""
    context = client(stack)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return served_certificate(stack, context).serial_number


def assert_served(stack: TlsStack, serial: int) -> None:
    wait_until(lambda: in_memory(stack) == serial, 20, "another certificate is served")


def test_a_renewal_loses_no_request_and_no_websocket(stack: TlsStack, trust: ssl.SSLContext, cases: Cases) -> None:
    before = served_certificate(stack, client(stack)).serial_number
    authority = [(stack.certs / file).read_bytes() for file in ("ca.crt", "ca.key")]
    with SecureSockets(stack, trust) as sockets, Visitors(stack) as visitors:
        opened = [sockets.open(f"/gateways/{gateway}/ws/echo/") for gateway in ASGI_GATEWAYS for _ in range(2)]
        wait_until(lambda: visitors.fewest > 20)
        renewed = stack.script("make", "certs")
        since = visitors.fewest
        wait_until(lambda: visitors.fewest > since + 40)
        echoes = [sockets.echo(socket, "still there") for socket in opened]
    assert "nginx has reloaded the certificate" in renewed.stdout
    assert echoes == ["still there"] * len(opened)
    cases.add("TLS: renewal under traffic", *visitors.visits, tried=visitors.sent, note="requests, none of them lost")
    for kind, visits in visitors.visits.items():
        assert set(visits.answers) == {"200"}, kind
    after = served_certificate(stack, client(stack)).serial_number
    assert after != before
    for kind in visitors.visits:
        serials = visitors[kind].serials
        # First the old certificate, then the new one, and no other.
        assert list(dict.fromkeys(serials)) == [before, after], kind
    assert [(stack.certs / file).read_bytes() for file in ("ca.crt", "ca.key")] == authority, "trusted once, kept"


def test_http_3_works_after_a_renewal(stack: TlsStack) -> None:
    """After the old workers have ended: the WebSockets of the test before are closed. See docs/tls.md."""

    def has_its_workers_alone() -> bool:
        processes = run("docker", "top", stack.container("nginx"), "-eo", "pid,args").stdout
        return processes.count("nginx: worker") == nginx_workers()

    wait_until(has_its_workers_alone, 30, "the old workers have gone")

    async def ask() -> list[int]:
        async with http3.opened(stack) as connection:
            return [(await connection.get("/healthz")).status for _ in range(5)]

    assert [status for _ in range(5) for status in asyncio.run(ask())] == [200] * 25


def test_a_foreign_certificate_is_served_and_never_overwritten(stack: TlsStack, own: Issued) -> None:
    assert_served(stack, own.certificate.serial_number)
    said = stack.script("make", "certs").stdout
    assert "reloaded" not in said, "there is nothing to do, and no reload"
    assert (stack.certs / "fullchain.pem").read_bytes() == own.chain
    assert (stack.certs / "privkey.pem").read_bytes() == own.key_pem()


@pytest.mark.usefixtures("mistake")
@pytest.mark.parametrize("command", ["certs", "up", "roll GATEWAY=nginx"])
def test_a_broken_renewal_leaves_the_old_certificate_in_use(
    stack: TlsStack, own: Issued, cases: Cases, command: str
) -> None:
    cases.add("TLS: broken certificates", f"make {command}")
    refused = stack.script("make", *command.split(), check=False)
    assert "fullchain.pem and privkey.pem do not match" in one_line(refused)
    assert "building" not in refused.stdout
    assert_served(stack, own.certificate.serial_number)
    assert in_force(stack.certs) == own.chain


@pytest.mark.usefixtures("mistake")
def test_a_restart_does_not_load_a_broken_certificate(stack: TlsStack, own: Issued) -> None:
    """A container may die, or the machine restart, before the operator corrects the mistake."""
    run("docker", "restart", "--time", "1", stack.container("nginx"))
    assert_served(stack, own.certificate.serial_number)


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: a roll")
def test_a_roll_of_nginx_loads_a_renewed_certificate(stack: TlsStack, own: Issued) -> None:
    renewed = issue(*COVERED)
    put(stack.certs, renewed.chain, renewed.key_pem())
    stack.script("make", "roll", "GATEWAY=nginx")
    assert_served(stack, renewed.certificate.serial_number)
    put(stack.certs, own.chain, own.key_pem())
