"""kill -9 and signals during backup and restore: the stack keeps serving, and the next run cleans up or finishes."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operations.backup.conftest import Archive, Site
from tests.support.clone import only_line
from tests.support.long_form import IS_FULL
from tests.support.stack import ROOT
from tests.support.traffic import Traffic

# A stub of docker that runs an action at one call, which it recognizes by the last arguments. Actions of
# bin/inside/uploads.py are the last argument. The argument before is that program's text, which names all actions.
DOCKER = """#!/bin/bash
if [[ $* == *{call} ]]; then
  {action}
fi
PATH=${{PATH#*:}} exec docker "$@"
"""
KILL = "kill -9 $(cut -d ' ' -f 1 {lock}); exit 1"
AFTERWARDS = 'PATH=${PATH#*:} docker "$@" >/dev/null; '
# Each call of restore; the kill comes before or after it.
CALLS = [
    "--file=-",
    "'pg_restore --username'*",
    "POSTGRES_DB=restore_new*",
    "' stage'",
    "RENAME*",
    "' swap'",
    "' clear'",
]
MOMENTS = (
    [(call, after) for call in CALLS for after in (False, True)] if IS_FULL else [("POSTGRES_DB=restore_new*", False)]
)

type Wrapped = Callable[[str, str], str]


@pytest.fixture
def wrapped(tmp_path: Path) -> Wrapped:
    """wrapped(call, action): a PATH whose docker runs this action at this call."""

    def write(call: str, action: str) -> str:
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin/docker").write_text(DOCKER.format(call=call, action=action))
        (tmp_path / "bin/docker").chmod(0o755)
        return f"{tmp_path}/bin:{os.environ['PATH']}"

    return write


def start(site: Site, *command: str, **variables: str) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=site.variables(FORCE="1", **variables), process_group=0, **pipes)  # type: ignore[call-overload]


def assert_restored(copy: Site, archive: Archive) -> None:
    assert copy.tables() == archive.tables
    assert copy.files() == archive.files
    assert copy.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'restore%'") == ["0"]


def spoil(copy: Site) -> None:
    """Changes rows and files, so that a restore must replace them."""
    copy.sql("DELETE FROM students_student")
    copy.stack.compose(
        "exec", "-T", "uwsgi", "sh", "-c", "rm -rf /srv/uploads/media/* && echo x >/srv/uploads/media/spoilt"
    )


def kill_restore(copy: Site, archive: Archive, path: str) -> None:
    process = start(copy, "bin/restore", str(archive.path), PATH=path)
    process.wait(timeout=160)
    assert process.returncode == -signal.SIGKILL


def again(copy: Site, archive: Archive) -> str:
    result = copy.make("restore", f"FILE={archive.path}", FORCE="1")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize(("call", "after"), MOMENTS)
def test_a_killed_restore_is_cleaned_up_by_the_next(
    copy: Site, archive: Archive, restored: Traffic, wrapped: Wrapped, call: str, after: bool
) -> None:
    spoil(copy)
    kill_restore(copy, archive, wrapped(call, (AFTERWARDS if after else "") + KILL.format(lock=".lock-up")))
    again(copy, archive)
    assert_restored(copy, archive)


def test_a_restore_killed_between_its_two_swaps_is_finished_by_the_next_backup(
    copy: Site, archive: Archive, restored: Traffic, wrapped: Wrapped, tmp_path: Path
) -> None:
    spoil(copy)
    kill_restore(copy, archive, wrapped("' swap'", KILL.format(lock=".lock-up")))
    assert copy.tables() == archive.tables
    assert any("spoilt" in line for line in copy.files())
    result = copy.make("backup", f"FILE={tmp_path}/x.tar")
    assert result.returncode == 0, result.stderr
    assert "finishing a killed restore" in result.stdout
    assert_restored(copy, archive)


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: ten killed restores, and ten more")
@pytest.mark.timeout(1800)
def test_restores_killed_at_ten_random_moments_lose_no_data(copy: Site, archive: Archive, restored: Traffic) -> None:
    for _ in range(10):
        spoil(copy)
        process = start(copy, "bin/restore", str(archive.path))
        time.sleep(random.uniform(0, 10))  # noqa: S311  # no secret
        process.kill()
        process.wait()
        again(copy, archive)
        assert_restored(copy, archive)


def test_a_killed_backup_leaves_a_folder_that_the_next_removes(
    copy: Site, restored: Traffic, wrapped: Wrapped, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    path = wrapped("' pack'", KILL.format(lock=".lock-archive"))
    process = start(copy, "bin/backup", f"{folder}/x.tar", PATH=path)
    process.wait(timeout=100)
    assert process.returncode == -signal.SIGKILL
    assert [file.name.startswith(".x.tar.") for file in folder.iterdir()] == [True]
    assert copy.make("backup", f"FILE={folder}/x.tar").returncode == 0
    assert [file.name for file in folder.iterdir()] == ["x.tar"]


@pytest.mark.parametrize("name", ["HUP", "TERM"])
def test_a_signal_leaves_the_data_unchanged_and_no_remains(
    copy: Site, archive: Archive, restored: Traffic, wrapped: Wrapped, name: str
) -> None:
    before = copy.state()
    path = wrapped("' stage'", f"kill -{name} $(cut -d ' ' -f 1 .lock-up); sleep 60")
    process = start(copy, "bin/restore", str(archive.path), PATH=path)
    said = process.communicate(timeout=100)[0]
    assert process.returncode == 1
    assert said.splitlines()[-1] == "restore: interrupted: nothing was changed"
    assert copy.state() == before


def test_a_backup_during_a_restore_is_rejected(
    copy: Site, archive: Archive, restored: Traffic, wrapped: Wrapped, tmp_path: Path
) -> None:
    process = start(
        copy, "bin/restore", str(archive.path), PATH=wrapped("' stage'", f"touch {tmp_path}/there; sleep 100")
    )
    try:
        while not (tmp_path / "there").exists():
            assert process.poll() is None
            time.sleep(0.1)
        line = only_line(copy.make("backup", f"FILE={tmp_path}/x.tar"))
        assert line == "backup: another make backup or restore is running in this folder: wait until it has ended"
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.parametrize("database", ["n" * 63, "postgres"])
def test_a_database_of_any_name_is_restored(copy: Site, archive: Archive, restored: Traffic, database: str) -> None:
    copy.admin(f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database}")
    result = copy.make("restore", f"FILE={archive.path}", FORCE="1", POSTGRES_DB=database)
    assert result.returncode == 0, result.stderr
    assert copy.sql("SELECT count(*) FROM students_student", database) == ["20"]
    assert copy.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'restore%'") == ["0"]
    copy.admin(f"DROP DATABASE {database}", "CREATE DATABASE postgres" if database == "postgres" else "SELECT 1")
    assert copy.tables() == archive.tables
