"""Writes a reproducible zip: its bytes depend only on its content and the machine's zlib."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644
_UNIX_SYSTEM = 3
_COMPRESSION_LEVEL = 6


def write_zip(to: Path, folder: Path, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, int]:
    """Zip the `paths` of `folder`. Returns the compressed size of each, in bytes."""
    with zipfile.ZipFile(to, "w") as archive:
        for path in sorted(paths):
            entry = zipfile.ZipInfo(str(path), _FIXED_TIME)
            entry.create_system = _UNIX_SYSTEM
            entry.external_attr = _FILE_MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (folder / path).read_bytes(), compresslevel=_COMPRESSION_LEVEL)
        return {path: archive.getinfo(str(path)).compress_size for path in paths}


def compute_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
