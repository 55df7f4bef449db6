"""The uploads of a backup. bin/backup and restore run this in the migrate service, which has their volume.

- pack: writes MEDIA_ROOT as a tar to standard output.
- check: reads such a tar from standard input to its end. Prints the number of its files, their size in bytes, the free
  space in bytes, and the number of present files.
- stage: extracts the tar beside MEDIA_ROOT.
- swap: exchanges MEDIA_ROOT and the staged folder.
- state: prints staged, swapped or none.
- clear: removes what is beside MEDIA_ROOT.

A fault is reported in one line with exit status 1.
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
# On the same volume, so that a rename suffices. Not below MEDIA_ROOT, where nginx would serve it.
BESIDE = f"{ROOT}.restored"
# The inode number of the staged folder, written when it is complete. After a kill it shows which of the two is which.
RECORD = f"{BESIDE}.inode"

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of renameat2(2)


class Padded:
    """If a file is truncated while it is read, fills it with zeros to the length that its header has."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        return data + bytes(size - len(data))


def pack() -> None:
    """Packs only files and folders: a project creates no links, and a restored link could lead elsewhere. What is
    deleted meanwhile is left out.
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
    """Rejects a member that could reach beyond the folder to which it is extracted."""
    if member.name.startswith("/") or ".." in member.name.split("/"):
        sys.exit(f"{member.name!r} points outside the uploads' folder")
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
    # The files that these replace are removed soon, so these must be on disk.
    os.sync()
    with open(f"{RECORD}.new", "w") as record:
        record.write(str(os.stat(BESIDE).st_ino))
        os.fsync(record.fileno())
    os.rename(f"{RECORD}.new", RECORD)


def drain() -> None:
    """Reads the rest, so that the writer of the tar reaches its end."""
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
    """Swaps in one step. In two steps, an upload could create MEDIA_ROOT in between, and a download would miss it."""
    if not is_recorded(BESIDE):
        sys.exit(f"{BESIDE} is not complete")
    paths = (AT_FDCWD, os.fsencode(ROOT), AT_FDCWD, os.fsencode(BESIDE))
    if ctypes.CDLL(None, use_errno=True).renameat2(*paths, RENAME_EXCHANGE) != 0:
        # Two renames, for a file system without the exchange (NFS). If a run was killed in between, the first is done.
        old = f"{BESIDE}.old"
        if os.path.exists(ROOT):
            os.rename(ROOT, old)
        try:
            os.rename(BESIDE, ROOT)
        except OSError:
            os.rename(old, ROOT)
            raise


def clear() -> None:
    """Retries, because after an interrupt the container that extracts may still run for a moment."""
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
