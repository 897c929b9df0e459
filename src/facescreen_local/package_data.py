"""Reads data files that ship in this package, and checks that they are intact."""

from __future__ import annotations

import hashlib
from pathlib import Path


class DamagedPackageError(RuntimeError):
    """A data file is missing or is not the one that was shipped."""


def read_verified(path: Path, sha256: str) -> bytes:
    """Return the content of `path`, whose SHA-256 must be `sha256` (hex).

    Raises DamagedPackageError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedPackageError(
            f"{path} can't be read ({error.strerror}): reinstall facescreen"
        ) from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise DamagedPackageError(
            f"{path} has SHA-256 {digest}, expected {sha256}: reinstall facescreen"
        )
    return content
