"""compose.tls.yaml is switched on in one place. An invalid setting is reported in one line, before any change."""

import os
import socket

import pytest

from tests.security.cases import Cases
from tests.security.tls.test_renewal import one_line
from tests.support.stack import ROOT, run
from tests.support.tls_stack import TlsStack

ADDRESS = "127.0.0.1"


def test_make_up_reports_the_https_address(stack: TlsStack) -> None:
    said = stack.script("bin/summary").stdout
    assert f"  https://localhost:{stack.https_port}/\n" in said
    assert f"  https://daphne.localhost:{stack.https_port}/\n" in said
    assert "http://" not in said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"HTTPS_BIND": "127.0.0.1:0"}, "redirects contain the port, so it must be fixed"),
        (
            {"HTTPS_BIND": "garbage"},
            "HTTPS_BIND=garbage (from the shell) is not an address and a port, like 127.0.0.1:8443",
        ),
        ({"HTTPS_BIND": "127.0.0.1:99999"}, "HTTPS_BIND=127.0.0.1:99999: 99999 is not a port; the highest is 65535"),
        ({"HTTPS_BIND": "127.0.0.1:9", "HTTP_BIND": "127.0.0.1:9"}, "HTTP_BIND and HTTPS_BIND are the same"),
        (
            {"HSTS_MAX_AGE": "a year", "QUIC": "yes"},
            "QUIC=yes (from the shell) is not 0 or 1, like 1; "
            "HSTS_MAX_AGE=a year (from the shell) is not a whole number, like 63072000",
        ),
        ({"COMPOSE_FILE": "compose.yaml:compose.nope.yaml"}, "there is no file compose.nope.yaml"),
    ],
)
def test_an_invalid_tls_setting_is_reported(
    stack: TlsStack, cases: Cases, settings: dict[str, str], words: str
) -> None:
    cases.add("TLS: settings", " ".join(settings.values()))
    assert words in one_line(stack.script("make", "up", check=False, **settings))


def test_an_https_port_in_use_is_reported(stack: TlsStack, cases: Cases) -> None:
    cases.add("TLS: settings", "port in use")
    with socket.create_server((ADDRESS, 0)) as other:
        port = other.getsockname()[1]
        line = one_line(stack.script("make", "up", check=False, HTTPS_BIND=f"{ADDRESS}:{port}"))
    assert line == (
        f"up: port {port} is in use: stop the program that listens on {ADDRESS}:{port}, or set HTTPS_BIND in .env to"
        " another address"
    )


def test_a_roll_does_not_switch_https_on_or_off(stack: TlsStack, cases: Cases) -> None:
    """A roll cannot publish a port: Django would redirect to a closed one, or nginx would listen in vain."""
    cases.add("TLS: settings", "roll from plain", "roll to plain")
    plain = os.environ["COMPOSE_PROJECT_NAME"]
    on = TlsStack(plain, stack.environment).script("make", "roll", check=False)
    assert one_line(on) == "roll: nginx does not listen for HTTPS yet: run make up, which enables it"
    off = stack.script("make", "roll", check=False, COMPOSE_FILE="compose.yaml")
    assert one_line(off) == "roll: nginx still listens for HTTPS: run make up, which disables it"


def test_plain_compose_supports_the_same_switch(stack: TlsStack) -> None:
    environment = {**os.environ, **stack.environment, "COMPOSE_FILE": "compose.yaml:compose.tls.yaml"}
    config = run("docker", "compose", "config", cwd=ROOT, env=environment).stdout
    assert f"source: {stack.certs}/serving" in config
    assert 'HTTPS: "1"' in config
