"""Writes a file completely or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click


def check_writable(path: Path) -> None:
    """Check that the page can be written, before a long run. Raises click.UsageError."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise click.UsageError(f"{path} is not a regular file, and is not overwritten")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise click.UsageError(f"can't create a file in {path.parent}")


def write_atomically(path: Path, text: str) -> None:
    """Write the file, replacing an existing one. Raises click.ClickException."""
    try:
        _write_and_rename(path, text)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror}") from None


def _write_and_rename(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
