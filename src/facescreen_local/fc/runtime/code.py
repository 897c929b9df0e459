"""A function's code where its instances find it: a zip is unpacked, as the platform does."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from facescreen_serverless_devs.section import InvalidTemplateError

_LARGEST = 500 * 1024 * 1024


def unpacked(code: Path, data: Path) -> Path:
    """`code` itself where it is a folder, else one below `data` with what the zip holds.

    A zip with the same bytes is unpacked once. Raises InvalidTemplateError for what is no zip.
    """
    if code.is_dir():
        return code
    folder = data / hashlib.sha256(code.read_bytes()).hexdigest()[:32]
    if not folder.exists():
        data.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=data))
        try:
            _extract(code, partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def _extract(code: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(code) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
                raise InvalidTemplateError(f"{code.name}: unpacks to more than {_LARGEST} bytes")
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise InvalidTemplateError(f"{code.name}: {error}") from error
