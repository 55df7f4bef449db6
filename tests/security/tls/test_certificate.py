"""What `make certs` creates: a permanent CA for development, and a certificate that browsers accept."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.stack import GATEWAYS, ROOT, run
from tests.support.tls_stack import TlsStack

NGINX = 101


@pytest.fixture(scope="module")
def certificate(stack: TlsStack) -> x509.Certificate:
    return x509.load_pem_x509_certificate((stack.certs / "fullchain.pem").read_bytes())


@pytest.fixture(scope="module")
def authority(stack: TlsStack) -> x509.Certificate:
    return x509.load_pem_x509_certificate(stack.authority.read_bytes())


def mode(file: Path) -> tuple[str, int]:
    status = file.stat()
    return oct(status.st_mode & 0o777), status.st_uid


def test_the_certificate_covers_every_host_and_its_pinned_hosts(
    certificate: x509.Certificate, setting: Callable[[str], str]
) -> None:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = [name for name in setting("SERVER_NAMES").split() if name.strip("0123456789.")]
    pinned = {f"{gateway}.{host}" for gateway in GATEWAYS for host in hosts}
    assert set(names.get_values_for_type(x509.DNSName)) == {*hosts, *pinned}
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_browsers_accept_the_certificate(certificate: x509.Certificate, authority: x509.Certificate) -> None:
    certificate.verify_directly_issued_by(authority)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=366)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_authority_can_sign_certificates_and_no_further_authority(authority: x509.Certificate) -> None:
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, False)


def test_no_key_is_readable_by_others(stack: TlsStack) -> None:
    assert mode(stack.certs / "ca.key") == ("0o600", os.getuid())
    assert mode(stack.certs / "privkey.pem") == ("0o600", os.getuid())
    serving = (stack.certs / "serving" / "current").resolve()
    assert mode(serving) == ("0o700", NGINX)
    assert mode(serving / "privkey.pem") == ("0o600", NGINX)


def test_nginx_gets_one_pair_and_no_file_of_the_authority(stack: TlsStack) -> None:
    (container,) = json.loads(run("docker", "inspect", stack.container("nginx")).stdout)
    (mount,) = [mount for mount in container["Mounts"] if mount["Destination"] == "/run/certs"]
    assert (mount["Source"], mount["RW"]) == (str(stack.certs / "serving"), False)
    files = {file.name for file in (stack.certs / "serving").rglob("*") if file.is_file()}
    assert files == {"fullchain.pem", "privkey.pem"}


@pytest.mark.parametrize("service", [*GATEWAYS, "postgres", "valkey"])
def test_no_other_service_has_a_key(stack: TlsStack, service: str) -> None:
    (container,) = json.loads(run("docker", "inspect", stack.container(service)).stdout)
    assert not [mount for mount in container["Mounts"] if "certs" in f"{mount['Source']}{mount['Destination']}"]


def test_git_and_the_builder_ignore_the_certificates() -> None:
    git = ("git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT))
    assert run(*git, "check-ignore", "certs/ca.key", "certs/privkey.pem").stdout.split() == [
        "certs/ca.key",
        "certs/privkey.pem",
    ]
    assert "!certs" not in (ROOT / ".dockerignore").read_text()
