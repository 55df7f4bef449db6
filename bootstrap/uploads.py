"""The uploads of a backup. bootstrap/backup and restore run this in the migrate service, which has their volume.

pack: MEDIA_ROOT as a tar on standard output. check: reads such a tar on standard input to its end; prints the number of
its files and of their bytes, the bytes that there is room for, and the number of files that there are. stage: extracts
it beside MEDIA_ROOT. swap: what is staged takes MEDIA_ROOT's place. state: prints staged, swapped or none. clear:
removes what is beside it. A fault is one line and exit status 1.
"""

import ctypes
import os
import shutil
import stat
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

ROOT = os.environ["MEDIA_ROOT"]
# On the same volume, so that a rename is enough; not below MEDIA_ROOT, where nginx would serve it.
BESIDE = f"{ROOT}.restored"
# The number of the folder that is staged, written when it is complete: after a kill it tells which of the two is which.
RECORD = f"{BESIDE}.inode"

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of renameat2(2)


class Padded:
    """A file that is cut while it is read keeps the length that its header has told: the rest is zeros."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        return data + bytes(size - len(data))


def pack() -> None:
    """Files and folders alone: a project does not make links, and one to elsewhere must not come back. What is deleted
    meanwhile is left out.
    """
    count = 0
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        for folder, _, files in os.walk(ROOT, onerror=unless_gone):
            if folder != ROOT:
                add(archive, folder)
            count += sum(add(archive, os.path.join(folder, name)) for name in sorted(files))
    print(f"packed {count}", file=sys.stderr)


def unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def add(archive: tarfile.TarFile, path: str) -> bool:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            if stat.S_ISDIR(os.lstat(path).st_mode):
                archive.addfile(described(path, os.lstat(path)))
            return False
        with open(path, "rb") as file:
            archive.addfile(described(path, os.fstat(file.fileno())), Padded(file))  # type: ignore[arg-type]
    except FileNotFoundError:
        return False
    return True


def described(path: str, status: os.stat_result) -> tarfile.TarInfo:
    info = tarfile.TarInfo(os.path.relpath(path, ROOT))
    info.mode, info.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    if stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    else:
        info.size = status.st_size
    return info


def safe(member: tarfile.TarInfo, _path: str = "") -> tarfile.TarInfo:
    """Refuses what could reach beyond the folder that it is extracted to."""
    if member.name.startswith("/") or ".." in member.name.split("/"):
        sys.exit(f"{member.name!r} leads out of the uploads")
    if not (member.isreg() or member.isdir()):
        sys.exit(f"{member.name!r} is neither a file nor a folder")
    return member


def check() -> None:
    files = size = 0
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        for member in archive:
            files, size = files + safe(member).isreg(), size + member.size
    drain()
    here = sum(len(names) for _, _, names in os.walk(ROOT, onerror=unless_gone))
    print(files, size, shutil.disk_usage(ROOT).free, here)


def stage() -> None:
    clear()
    os.mkdir(BESIDE)
    shutil.copymode(ROOT, BESIDE)
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        archive.extractall(BESIDE, filter=safe)  # noqa: S202  # safe() looks at each
    drain()
    # The files that they replace are removed soon.
    os.sync()
    with open(f"{RECORD}.new", "w") as record:
        record.write(str(os.stat(BESIDE).st_ino))
        os.fsync(record.fileno())
    os.rename(f"{RECORD}.new", RECORD)


def drain() -> None:
    """Whoever writes the tar is to come to its end."""
    while sys.stdin.buffer.read(1 << 20):
        pass


def is_recorded(folder: str) -> bool:
    try:
        with open(RECORD) as record:
            return record.read() == str(os.stat(folder).st_ino)
    except FileNotFoundError:
        return False


def state() -> None:
    print("staged" if is_recorded(BESIDE) else "swapped" if is_recorded(ROOT) else "none")


def swap() -> None:
    """In one step: in between, an upload would create MEDIA_ROOT again, and a download miss it."""
    if not is_recorded(BESIDE):
        sys.exit(f"{BESIDE} is not complete")
    paths = (AT_FDCWD, os.fsencode(ROOT), AT_FDCWD, os.fsencode(BESIDE))
    if ctypes.CDLL(None, use_errno=True).renameat2(*paths, RENAME_EXCHANGE) != 0:
        # In two, on a file system that cannot (NFS). Where one before this was killed in between, the first is done.
        old = f"{BESIDE}.old"
        if os.path.exists(ROOT):
            os.rename(ROOT, old)
        try:
            os.rename(BESIDE, ROOT)
        except OSError:
            os.rename(old, ROOT)
            raise


def clear() -> None:
    """After an interrupt, the container that extracts may live a moment longer."""
    beside = (BESIDE, f"{BESIDE}.old")
    for _ in range(20):
        for folder in beside:
            shutil.rmtree(folder, ignore_errors=True)
        if not any(map(os.path.exists, beside)):
            for record in (RECORD, f"{RECORD}.new"):
                Path(record).unlink(missing_ok=True)
            return
        time.sleep(0.5)
    sys.exit(f"{BESIDE} cannot be removed")


ACTIONS: dict[str, Callable[[], None]] = {
    action.__name__: action for action in (pack, check, stage, state, swap, clear)
}
try:
    ACTIONS[sys.argv[1]]()
except (OSError, tarfile.TarError) as error:
    sys.exit(str(error))
