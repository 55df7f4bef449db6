"""Certificates as other CAs issue them, with every possible mistake."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: Key

    @property
    def chain(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, encryption: KeySerializationEncryption | None = None) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())

    @property
    def locked_key_pem(self) -> bytes:
        return self.key_pem(BestAvailableEncryption(b"nobody types it"))


def issue(
    *names: str, since: timedelta = -DAY, until: timedelta = 90 * DAY, key: Key | None = None, is_ca: bool = False
) -> Issued:
    """A self-signed certificate for the hosts `names`; `since` and `until` are relative to now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody else's")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
    )
    return Issued(builder.sign(key, hashes.SHA256()), key)


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def put(folder: Path, chain: bytes | None = None, key: bytes | None = None) -> None:
    """Writes fullchain.pem, and privkey.pem with mode 600, as an operator does."""
    for name, content in (("fullchain.pem", chain), ("privkey.pem", key)):
        if content is not None:
            (folder / name).unlink(missing_ok=True)
            (folder / name).touch(0o600 if name == "privkey.pem" else 0o644)
            (folder / name).write_bytes(content)


def in_force(folder: Path) -> bytes:
    """The certificate that nginx uses."""
    return (folder / "serving" / "current" / "fullchain.pem").read_bytes()
