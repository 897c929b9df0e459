"""Immutable files with the bytes of objects and parts, each with its MD5 and CRC64."""

from __future__ import annotations

import hashlib
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import crcmod  # type: ignore[import-untyped]

_CHUNK_BYTES = 1 << 20
_CRC64_POLYNOMIAL = 0x142F0E1EBA9EA3693
_CRC64_FINAL_XOR = 0xFFFFFFFFFFFFFFFF
_EMPTY_CRC64 = crcmod.Crc(_CRC64_POLYNOMIAL, initCrc=0, rev=True, xorOut=_CRC64_FINAL_XOR)
"""Created once, because building its table takes as long as writing a small file."""


@dataclass(frozen=True)
class Blob:
    """A complete file. `md5` is upper-case hex, `crc64` a decimal number."""

    name: str
    size: int
    md5: str
    crc64: str


class Blobs:
    """A folder of blobs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def open_writer(self) -> BlobWriter:
        """Return a writer for a new blob."""
        return BlobWriter(self._folder / uuid.uuid4().hex)

    def open(self, name: str) -> BinaryIO:
        """Open a blob. It can be read to the end even if it is deleted meanwhile."""
        return (self._folder / name).open("rb")

    def concatenate(self, files: Iterable[BinaryIO]) -> Blob:
        """Create a blob from the bytes of several files, and close them."""
        with self.open_writer() as writer:
            for file in files:
                with file:
                    writer.copy(file)
            return writer.finish()

    def copy_range(self, file: BinaryIO, first: int, length: int) -> Blob:
        """Create a blob with `length` bytes of the file, starting at `first`."""
        file.seek(first)
        with self.open_writer() as writer:
            writer.copy(file, length)
            return writer.finish()

    def create(self, content: bytes) -> Blob:
        """Create a blob with these bytes."""
        with self.open_writer() as writer:
            writer.write(content)
            return writer.finish()

    def delete(self, names: Iterable[str]) -> None:
        """Delete the named blobs, if they exist."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def delete_all_except(self, names: set[str]) -> None:
        """Delete every other blob."""
        self.delete(path.name for path in self._folder.iterdir() if path.name not in names)


class BlobWriter:
    """Writes a new blob: ``with blobs.writer() as writer``. Unless finished, it leaves no file."""

    def __init__(self, path: Path) -> None:
        self.size = 0
        self._path = path
        self._file = path.open("xb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc64 = _EMPTY_CRC64.new()
        self._finished = False

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        self._file.write(chunk)
        self._md5.update(chunk)
        self._crc64.update(chunk)
        self.size += len(chunk)

    @property
    def md5(self) -> bytes:
        """The MD5 of the bytes so far."""
        return self._md5.digest()

    def copy(self, file: BinaryIO, max_bytes: int = sys.maxsize) -> None:
        """Append the rest of the file, up to `max_bytes`."""
        while chunk := file.read(min(max_bytes, _CHUNK_BYTES)):
            self.write(chunk)
            max_bytes -= len(chunk)

    def finish(self) -> Blob:
        """Close the file and return its blob."""
        self._file.close()
        self._finished = True
        md5 = self.md5.hex().upper()
        return Blob(self._path.name, self.size, md5, str(self._crc64.crcValue))

    def __enter__(self) -> BlobWriter:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._finished:
            self._file.close()
            self._path.unlink()
