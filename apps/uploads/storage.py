"""Stores an uploaded file where the proxy serves it."""

import hashlib
import re
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

# The JSON of an answer to an upload for which the disk has no room.
NO_ROOM = {"errors": {"file": ["There is not enough space for this file."]}}


@dataclass(frozen=True)
class Stored:
    name: str
    size: int  # bytes
    url: str
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def safe_name(name: str) -> str:
    """A unique name without special characters for a shell, a path or a header. Its end keeps the file's type."""
    return f"{secrets.token_hex(8)}-{re.sub(r'[^A-Za-z0-9._-]+', '_', name)[-80:].lstrip('.-') or 'file'}"


def store(file: UploadedFile) -> Stored:
    """Raises OSError if the disk is full. Then nothing of the file remains."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    name = safe_name(file.name or "")
    try:
        default_storage.save(name, file)
    except OSError:
        # On one file system, the file is renamed. Between two, it is copied, and the copy may be incomplete.
        default_storage.delete(name)
        raise
    return Stored(name, file.size or 0, default_storage.url(name), digest.hexdigest())
