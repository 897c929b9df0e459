"""Makes a function's code available to its instances: unpacks a zip, as the platform does."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from facescreen_serverless_devs.section import InvalidTemplateError

_MAX_UNPACKED_BYTES = 500 * 1024 * 1024


def unpack_code(code: Path, data: Path) -> Path:
    """Return `code` if it is a folder, else a folder in `data` with the zip's content.

    A zip with the same bytes is unpacked once. Raises InvalidTemplateError if it is not a zip.
    """
    if code.is_dir():
        return code
    folder = data / hashlib.sha256(code.read_bytes()).hexdigest()[:32]
    if not folder.exists():
        data.mkdir(parents=True, exist_ok=True)
        temporary_folder = Path(tempfile.mkdtemp(dir=data))
        try:
            _extract_zip(code, temporary_folder)
            temporary_folder.rename(folder)
        finally:
            shutil.rmtree(temporary_folder, ignore_errors=True)
    return folder


def _extract_zip(code: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(code) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED_BYTES:
                raise InvalidTemplateError(
                    f"{code.name}: unpacks to more than {_MAX_UNPACKED_BYTES} bytes"
                )
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise InvalidTemplateError(f"{code.name}: {error}") from error
