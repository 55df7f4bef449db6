"""Put an uploaded file where the proxy serves it from."""

import errno
import hashlib
import re
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

# EDQUOT is what a volume with a quota says instead.
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Stored:
    name: str
    size: int  # bytes
    url: str
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def safe_name(name: str) -> str:
    """A name that no two uploads share and that means nothing to a shell, a path or a header; the end keeps the file's
    type.
    """
    return f"{secrets.token_hex(8)}-{re.sub(r'[^A-Za-z0-9._-]+', '_', name)[-80:].lstrip('.-') or 'file'}"


def store(file: UploadedFile) -> Stored:
    """Raises OSError when the disk is full, and leaves nothing of the file then."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    name = safe_name(file.name or "")
    try:
        default_storage.save(name, file)
    except OSError:
        # On one file system the file is moved by a rename. Between two it is copied, and the copy may be half done.
        default_storage.delete(name)
        raise
    return Stored(name, file.size or 0, default_storage.url(name), digest.hexdigest())
