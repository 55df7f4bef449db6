"""A restore that is rejected, fails or is interrupted reports it in one line, and changes nothing."""

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.backup.conftest import Archive, Site
from tests.support.clone import interrupt, only_line
from tests.support.long_form import IS_FULL
from tests.support.stack import ROOT, wait_until
from tests.support.traffic import Traffic

MEMBERS = ("manifest", "SHA256SUMS", "database.dump", "uploads.tar")


@pytest.fixture(scope="module", autouse=True)
def untouched(copy: Site, restored: Traffic) -> Iterator[None]:
    """Rows, files and databases of the stack must be the same before and after all tests of this module."""
    before = copy.state()
    yield
    assert copy.state() == before


def refuse(copy: Site, path: Path) -> str:
    # FORCE=1 answers the question, so only the file can be the reason.
    line = only_line(copy.make("restore", f"FILE={path}", FORCE="1"))
    assert line.startswith("restore: ")
    return line


def tar(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


@pytest.fixture
def parts(archive: Archive) -> dict[str, bytes]:
    with tarfile.open(archive.path) as members:
        return {name: members.extractfile(name).read() for name in MEMBERS}  # type: ignore[union-attr]


def repacked(path: Path, parts: dict[str, bytes], **changes: bytes) -> Path:
    """The backup with some members changed, and correct checksums."""
    parts = parts | {name.replace("_", "."): content for name, content in changes.items()}
    summed = (name for name in MEMBERS if name != "SHA256SUMS")
    parts["SHA256SUMS"] = "".join(f"{hashlib.sha256(parts[name]).hexdigest()}  {name}\n" for name in summed).encode()
    path.write_bytes(tar(parts))
    return path


@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.3, 0.6, 0.98, 1] if IS_FULL else [0, 0.3, 1])
def test_a_truncated_backup_is_rejected(copy: Site, archive: Archive, tmp_path: Path, share: float) -> None:
    whole = archive.path.read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: int(share * (len(whole) - 1))])
    assert "damaged" in refuse(copy, tmp_path / "cut.tar")


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("where", ["name", "size", "first", "middle", "last"] if IS_FULL else ["size", "middle"])
def test_a_backup_with_a_flipped_byte_is_rejected(
    copy: Site, archive: Archive, tmp_path: Path, member: str, where: str
) -> None:
    data = bytearray(archive.path.read_bytes())
    with tarfile.open(archive.path) as members:
        info = members.getmember(member)
    places = {
        "name": info.offset,
        "size": info.offset + 130,
        "first": info.offset_data,
        "middle": info.offset_data + info.size // 2,
        "last": info.offset_data + info.size - 1,
    }
    data[places[where]] ^= 1
    (tmp_path / "flipped.tar").write_bytes(data)
    line = refuse(copy, tmp_path / "flipped.tar")
    assert "damaged" in line or "not of tricorn" in line


@pytest.mark.parametrize(
    "content",
    [b"hello\n", tar({"readme": b"x"}), tar({}), gzip.compress(tar({"manifest": b"x"})), bytes(20480)],
    ids=["text", "other", "nothing", "gzip", "zeros"],
)
def test_a_file_that_is_not_a_backup_is_rejected(copy: Site, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "foreign: x.tar").write_bytes(content)
    assert "is not a backup of this stack" in refuse(copy, tmp_path / "foreign: x.tar")


@pytest.mark.parametrize(("path", "fault"), [("/nowhere.tar", "there is no file"), ("/dev", "there is no file /dev")])
def test_a_missing_backup_is_rejected(copy: Site, path: str, fault: str) -> None:
    assert fault in refuse(copy, Path(path))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"product=tricorn", b"product=sentry", "is a backup of sentry, not of tricorn"),
        (b"format=1", b"format=2", "has backup format 2, and this version reads format 1"),
        (b"postgresql=", b"postgresql=9", "may be unable to read: nothing was changed"),
        (b"database_bytes=", b"database_bytes=9999999", " free, and the restore needs "),
        (b"files=", b"files=1", "is damaged: "),
    ],
)
def test_a_backup_with_an_unsuitable_manifest_is_rejected(
    copy: Site, parts: dict[str, bytes], tmp_path: Path, old: bytes, new: bytes, fault: str
) -> None:
    manifest = parts["manifest"].replace(old, new)
    assert fault in refuse(copy, repacked(tmp_path / "x.tar", parts, manifest=manifest))


@pytest.mark.parametrize("names", [(*MEMBERS, "more"), ("../manifest", *MEMBERS[1:]), MEMBERS[:3], MEMBERS[::-1]])
def test_a_backup_with_other_members_is_rejected(
    copy: Site, parts: dict[str, bytes], tmp_path: Path, names: tuple[str, ...]
) -> None:
    (tmp_path / "x.tar").write_bytes(tar({name: parts.get(name, b"x") for name in names}))
    assert "is not a backup of this stack" in refuse(copy, tmp_path / "x.tar")


def link() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(info)
    return target.getvalue()


def test_a_backup_with_uploads_outside_the_folder_is_rejected(
    copy: Site, parts: dict[str, bytes], tmp_path: Path
) -> None:
    path = repacked(tmp_path / "x.tar", parts, uploads_tar=tar({"a/../../evil": b"x"}))
    assert f"the uploads in {path} cannot be read: 'a/../../evil' points outside the uploads' folder" in refuse(
        copy, path
    )


@pytest.mark.parametrize(
    ("uploads", "fault"),
    [
        (tar({"../evil": b"x"}), "'../evil' points outside the uploads' folder"),
        (tar({"/srv/evil": b"x"}), "'/srv/evil' points outside the uploads' folder"),
        (link(), "'link' is neither a file nor a folder"),
        (tar({"a": b"x" * 9000})[:4096], "unexpected end of data"),
        (b"hello", "truncated header"),
    ],
    ids=["up", "absolute", "link", "cut off", "text"],
)
def test_unsafe_uploads_in_a_backup_are_rejected(tmp_path: Path, uploads: bytes, fault: str) -> None:
    """Like the test above, without a container."""
    command, environment = (sys.executable, ROOT / "bin/inside/uploads.py", "check"), {"MEDIA_ROOT": str(tmp_path)}
    result = subprocess.run(command, input=uploads, capture_output=True, env=environment, check=False)
    assert (result.returncode, result.stdout, result.stderr.decode()) == (1, b"", f"{fault}\n")


def test_a_backup_with_an_unreadable_database_is_rejected(copy: Site, parts: dict[str, bytes], tmp_path: Path) -> None:
    path = repacked(tmp_path / "x.tar", parts, database_dump=parts["database.dump"][:20000])
    assert "the database in" in refuse(copy, path)


def test_a_failure_in_the_last_step_leaves_the_data_unchanged(
    copy: Site, parts: dict[str, bytes], tmp_path: Path
) -> None:
    """By then the database is restored beside the one in use. A file name of 300 bytes cannot be created."""
    manifest = b"\n".join(b"files=1" if line.startswith(b"files=") else line for line in parts["manifest"].split(b"\n"))
    path = repacked(tmp_path / "x.tar", parts, manifest=manifest, uploads_tar=tar({"x" * 300: b"x"}))
    line = refuse(copy, path)
    assert line.startswith("restore: the uploads could not be restored: ")
    assert "File name too long" in line
    assert line.endswith("; nothing was changed")


def test_a_restore_over_a_stack_in_use_asks_first(copy: Site, archive: Archive) -> None:
    line = only_line(copy.make("restore", f"FILE={archive.path}"))
    assert line == (
        f"restore: this replaces the database and the uploads of {copy.stack.project}:"
        f" to confirm, run FORCE=1 make restore FILE={archive.path}"
    )


def begun(copy: Site, path: Path, line: str) -> subprocess.Popen[str]:
    """Starts a restore and returns once it has printed this line."""
    command, variables = ("bin/restore", str(path)), copy.variables(FORCE="1")
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, env=variables, process_group=0, **pipes)  # type: ignore[call-overload]
    wait_until(lambda: process.stdout.readline() == f"{line}\n")
    return process


def test_an_interrupted_restore_leaves_the_data_unchanged(copy: Site, archive: Archive) -> None:
    process = begun(copy, archive.path, "restoring the uploads, beside those in use")
    assert interrupt(process).splitlines() == ["restore: interrupted: nothing was changed"]
    assert process.returncode != 0


def test_a_backup_truncated_after_its_check_is_rejected(copy: Site, archive: Archive, tmp_path: Path) -> None:
    """It is cut off between two uploads: tarfile takes the rest for a whole tar."""
    path = tmp_path / "x.tar"
    path.write_bytes(archive.path.read_bytes())
    with tarfile.open(path) as members, tarfile.open(fileobj=members.extractfile("uploads.tar")) as uploads:
        end = members.getmember("uploads.tar").offset_data + uploads.getmembers()[-1].offset
    process = begun(copy, path, "applying newer migrations")
    os.truncate(path, end)
    line = process.communicate(timeout=60)[0].splitlines()[-1]
    assert line == (
        "restore: the uploads could not be restored: uploads.tar could not be read to its end; nothing was changed"
    )
    assert process.returncode != 0
