"""What remains if a stack does not start, and what `make down` and `make clean` leave."""

from tests.support.clone import SECRETS, Clone, only_line


def test_a_second_clone_without_the_password_does_not_use_the_database(fresh: Clone) -> None:
    fresh.compose("create", "postgres")
    fresh.compose("down")
    (fresh.path / "secrets" / "postgres_password").unlink()
    volumes = fresh.owned("volume")
    line = only_line(fresh.make("up"))
    assert f"the project {fresh.project} has a database, but its secrets/postgres_password is not here" in line
    assert f"docker volume rm {fresh.project}_postgres" in line
    assert fresh.is_down()
    assert fresh.owned("volume") == volumes


def test_a_full_disk_is_reported_logs_are_kept_and_nothing_stays_started(fresh: Clone) -> None:
    fresh.give_postgres_a_disk_of("16m")
    line = only_line(fresh.make("up"))
    assert line.startswith("up: the stack did not become healthy: postgres: ")
    assert "No space left on device" in line
    assert fresh.is_down()
    assert line.endswith(" (full output: logs/up.log)")
    assert "postgres-1" in (fresh.path / "logs" / "up.log").read_text()


def test_make_clean_keeps_only_secrets_and_settings(fresh: Clone) -> None:
    fresh.compose("build", "migrate")
    fresh.compose("create", "--no-build", "postgres", "valkey")
    assert fresh.owned("container")
    kept = {f"secrets/{name}" for name in SECRETS} | {".env"}
    said = fresh.make("clean", FORCE="1")
    assert said.returncode == 0, said.stderr
    assert [fresh.owned(kind) for kind in ("container", "network", "volume", "image")] == [set()] * 4
    assert kept <= fresh.files()
