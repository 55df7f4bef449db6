"""Each mistake with a certificate is reported in one line, and nginx keeps its current certificate."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.security.cases import Cases
from tests.security.tls.issuer import DAY, in_force, issue, put
from tests.security.tls.test_renewal import one_line
from tests.support.stack import ROOT, run
from tests.support.tls_stack import TlsStack

NAMES = ("localhost", "127.0.0.1")
GOOD = issue(*NAMES)
OTHER = issue(*NAMES)
EXPIRED = issue(*NAMES, since=-90 * DAY, until=-DAY)
TOO_EARLY = issue(*NAMES, since=DAY)
# OpenSSL rejects a key of 1024 bits by default.
SHORT = issue(*NAMES, key=rsa.generate_private_key(65537, 1024))  # noqa: S505  # that is the point

BROKEN = {
    "another's key": (GOOD.chain, OTHER.key_pem(), "fullchain.pem and privkey.pem do not match"),
    "intermediate first": (OTHER.chain + GOOD.chain, GOOD.key_pem(), "or the first certificate is not the site's own"),
    "expired": (EXPIRED.chain, EXPIRED.key_pem(), "fullchain.pem expired on 20"),
    "not valid yet": (TOO_EARLY.chain, TOO_EARLY.key_pem(), "fullchain.pem is not valid before 20"),
    "DER": (GOOD.certificate.public_bytes(Encoding.DER), GOOD.key_pem(), "fullchain.pem is not a certificate in PEM"),
    "text": (b"-----BEGIN", GOOD.key_pem(), "fullchain.pem is not a certificate in PEM"),
    "the key twice": (GOOD.key_pem(), GOOD.key_pem(), "fullchain.pem is not a certificate in PEM"),
    "the certificate twice": (GOOD.chain, GOOD.chain, "privkey.pem is not a private key in PEM"),
    "a passphrase": (GOOD.chain, GOOD.locked_key_pem, "privkey.pem has a passphrase, which nginx cannot enter"),
    "a key too short": (SHORT.chain, SHORT.key_pem(), "fullchain.pem cannot be used: EE_KEY_TOO_SMALL"),
    "no certificate": (b"", GOOD.key_pem(), "fullchain.pem is empty"),
    "no key": (GOOD.chain, b"", "privkey.pem is empty"),
}


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    folder = ROOT / ".tests" / "certs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(made: Path) -> Path:
    """A folder with a valid key pair, which is in use."""
    for file in made.glob("*.pem"):
        shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
    put(made, GOOD.chain, GOOD.key_pem())
    if not (made / "serving").exists():
        install(made)
    return made


def install(folder: Path) -> str:
    """Installs it as bin/certs does, without the container, which would take most of the time."""
    return certificate(folder).stdout


def certificate(folder: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AT": str(folder), "FOLDER": "certs"}
    return run("bin/inside/certificate", "install", *NAMES, check=check, cwd=ROOT, env=environment)


def complaint(folder: Path) -> str:
    """The one line of the error. The certificate in use must not change."""
    line = one_line(certificate(folder, check=False))
    assert in_force(folder) == GOOD.chain
    assert not list(folder.glob(".work.*")), "nothing is left behind"
    return line


@pytest.mark.parametrize("mistake", BROKEN)
def test_an_unusable_pair_is_reported(folder: Path, cases: Cases, mistake: str) -> None:
    cases.add("TLS: broken certificates", mistake)
    chain, key, words = BROKEN[mistake]
    put(folder, chain, key)
    assert words in complaint(folder)


@pytest.mark.parametrize("name", ["fullchain.pem", "privkey.pem"])
def test_a_missing_file_is_reported_with_both_cures(folder: Path, cases: Cases, name: str) -> None:
    cases.add("TLS: broken certificates", f"no {name}")
    (folder / name).unlink()
    line = complaint(folder)
    assert f"{name} is missing: make certs creates a certificate for development; docs/tls.md explains where" in line


def test_a_link_that_points_outside_the_folder_is_reported(folder: Path, cases: Cases) -> None:
    """certbot's live/ has such links."""
    cases.add("TLS: broken certificates", "a link")
    (folder / "privkey.pem").unlink()
    (folder / "privkey.pem").symlink_to("../../archive/example/privkey1.pem")
    assert "privkey.pem is a link to ../../archive/example/privkey1.pem, which is not in" in complaint(folder)


def test_a_folder_in_place_of_a_file_is_reported(folder: Path, cases: Cases) -> None:
    cases.add("TLS: broken certificates", "a folder")
    (folder / "fullchain.pem").unlink()
    (folder / "fullchain.pem").mkdir()
    assert "fullchain.pem is not a file" in complaint(folder)


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_key_that_others_can_read_is_reported_with_the_cure(folder: Path, cases: Cases, mode: int) -> None:
    cases.add("TLS: broken certificates", f"mode {mode:o}")
    (folder / "privkey.pem").chmod(mode)
    line = complaint(folder)
    assert line.endswith(f"privkey.pem is accessible to other users (mode {mode:o}): chmod 600 certs/privkey.pem")


def test_a_missing_folder_is_reported(stack: TlsStack) -> None:
    refused = stack.script("bin/certs", "install", check=False, CERTS="./nowhere")
    assert one_line(refused) == (
        "certs: CERTS=nowhere: there is no such folder; make certs creates it, with a certificate for development"
    )
    assert not os.path.exists(ROOT / "nowhere")


def test_a_certificate_that_lacks_hosts_is_served_with_a_warning(folder: Path) -> None:
    other = issue("www.example.com", "10.0.0.1")
    put(folder, other.chain, other.key_pem())
    assert "does not cover localhost 127.0.0.1: browsers will reject it there" in install(folder)
    assert in_force(folder) == other.chain
    put(folder, GOOD.chain, GOOD.key_pem())
    assert install(folder) == ""
    assert in_force(folder) == GOOD.chain


def test_a_certificate_that_ends_within_two_weeks_is_served_with_a_warning(folder: Path) -> None:
    short = issue(*NAMES, until=10 * DAY)
    put(folder, short.chain, short.key_pem())
    assert "fullchain.pem expires on 20" in install(folder)
    put(folder, GOOD.chain, GOOD.key_pem())
    install(folder)
