"""Secrets are created once and never overwritten. One that containers cannot read, or that others can, is rejected."""

import os

import pytest

from tests.support.clone import READER, SECRETS, Clone, only_line

pytestmark = pytest.mark.usefixtures("stack")  # the base images exist then


def secrets(clone: Clone) -> str:
    """Runs bin/secrets, which must fail; returns the one line of its error."""
    before = clone.files()
    line = only_line(clone.run("bin/secrets"))
    assert clone.files() == before
    return line


def test_secrets_are_created_once_for_the_containers_user_only(clone: Clone) -> None:
    for name in SECRETS:
        (clone.path / "secrets" / name).unlink()
    assert "created secrets: secret_key postgres_password valkey_password" in clone.run("bin/secrets").stdout
    made = [(clone.path / "secrets" / name) for name in SECRETS]
    assert {(file.stat().st_uid, file.stat().st_mode & 0o777) for file in made} == {(READER, 0o600)}
    values = [file.read_text() for file in made]
    assert len(set(values)) == 3
    assert all(len(value) == 64 for value in values)

    again = clone.run("bin/secrets")
    assert (again.returncode, again.stdout) == (0, "")
    assert [file.read_text() for file in made] == values


def test_a_missing_secret_is_created_and_the_others_stay(clone: Clone) -> None:
    (clone.path / "secrets" / "valkey_password").unlink()
    assert clone.run("bin/secrets").returncode == 0
    kept = {name: (clone.path / "secrets" / name).read_text() for name in SECRETS[:2]}
    assert kept == {name: f"{name}-of-{clone.project}" for name in SECRETS[:2]}


def test_an_empty_secret_stops_make_up_before_the_build(clone: Clone) -> None:
    clone.write_secret("secret_key", "")
    said = clone.make("up")
    assert "secrets/secret_key is empty: restore it from your copy" in only_line(said)
    assert "building" not in said.stdout
    assert clone.is_down()


@pytest.mark.parametrize(("mode", "owner"), [(0o000, READER), (0o600, 0), (0o000, 0)])
def test_a_secret_that_the_containers_cannot_read_is_reported_with_the_cure(
    clone: Clone, mode: int, owner: int
) -> None:
    file = clone.path / "secrets" / "postgres_password"
    os.chown(file, owner, owner)
    file.chmod(mode)
    line = secrets(clone)
    assert "secrets/postgres_password cannot be read by the containers' user" in line
    cure = line.partition("user: ")[2]
    assert clone.run("bash", "-c", cure).returncode == 0
    assert clone.run("bin/secrets").returncode == 0


def test_a_secret_that_others_can_read_is_reported_with_its_mode(clone: Clone) -> None:
    (clone.path / "secrets" / "valkey_password").chmod(0o644)
    assert secrets(clone).endswith("is accessible to other users (mode 644): chmod 600 secrets/valkey_password")


def test_a_folder_in_place_of_a_secret_is_reported(clone: Clone) -> None:
    (clone.path / "secrets" / "secret_key").unlink()
    (clone.path / "secrets" / "secret_key").mkdir()
    assert "secrets/secret_key is a folder, not a secret" in secrets(clone)
