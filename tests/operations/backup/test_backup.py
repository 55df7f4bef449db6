"""make backup: one complete file or none, with rows and files, and without secrets."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.operations.backup.conftest import Archive, Site
from tests.support.clone import SECRETS, interrupt, only_line
from tests.support.stack import ROOT, Stack, wait_until


@pytest.fixture(scope="module")
def site(stack: Stack) -> Site:
    return Site(stack)


def test_a_backup_is_one_file_that_only_its_owner_can_read(stack: Stack, archive: Archive) -> None:
    assert archive.path.parent == ROOT / "backups"
    assert archive.path.name.startswith(f"{stack.project}-20")
    assert archive.path.stat().st_mode & 0o777 == 0o600
    assert list(archive.path.parent.glob(".*")) == []
    with tarfile.open(archive.path) as members:
        assert members.getnames() == ["manifest", "SHA256SUMS", "database.dump", "uploads.tar"]


def test_a_backup_reports_what_it_contains_and_what_it_lacks(archive: Archive) -> None:
    summary, last = archive.said.splitlines()[-2:]
    tables = len([line for line in archive.tables if line.count("|") == 2])
    assert f" {tables} tables, " in summary
    assert summary.endswith(" uploads")
    assert last == "The backup does not contain secrets/ and .env: keep your own copy of them."
    content = archive.path.read_bytes()
    assert not [name for name in SECRETS if (ROOT / "secrets" / name).read_bytes().strip() in content]


def test_an_existing_file_is_not_overwritten(site: Site, archive: Archive) -> None:
    before = archive.path.read_bytes()
    assert "already exists, and is not overwritten" in only_line(site.make("backup", f"FILE={archive.path}"))
    assert archive.path.read_bytes() == before


@pytest.mark.parametrize(
    ("folder", "fault"),
    [("/proc", "cannot be written to, or is full"), ("/nowhere", "there is no folder /nowhere")],
)
def test_a_folder_that_cannot_be_written_is_named(site: Site, folder: str, fault: str) -> None:
    assert fault in only_line(site.make("backup", f"FILE={folder}/x.tar"))


@pytest.mark.parametrize("left", [8_000, 50_000])
def test_a_full_disk_is_reported_and_the_partial_backup_is_removed(site: Site, left: int) -> None:
    folder = Path("/dev/shm")  # noqa: S108  # a small disk of its own
    room = os.statvfs(folder)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - left // 4096 * 4096))
    try:
        line = only_line(site.make("backup", f"FILE={folder}/x.tar"))
        assert line == "backup: no space left in /dev/shm: no backup was written"
        assert [file.name for file in folder.iterdir()] == ["ballast"]
    finally:
        ballast.unlink()


def test_an_interrupted_backup_leaves_no_files(site: Site, tmp_path: Path) -> None:
    command = ("bin/backup", str(tmp_path / "x.tar"))
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, env=site.variables(), process_group=0, **pipes)  # type: ignore[call-overload]
    wait_until(lambda: process.stdout.readline() == "backing up the uploads\n")
    assert interrupt(process).splitlines() == ["backup: interrupted: no backup was written"]
    assert process.returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_a_backup_of_a_stopped_stack_is_rejected(site: Site, tmp_path: Path) -> None:
    line = only_line(Site(Stack("tricorn-nowhere", {})).make("backup", f"FILE={tmp_path}/x.tar"))
    assert line == "backup: the stack is not running: run make up"
    assert list(tmp_path.iterdir()) == []
