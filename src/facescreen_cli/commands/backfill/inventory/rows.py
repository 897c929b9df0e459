"""Reads the rows of one gzip CSV file in constant memory."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import IO, Any
from urllib.parse import unquote_plus

from click import UsageError

from facescreen.model import ObjectType
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.inventory.manifest import InventoryFile

MAX_LINE_BYTES = 16 * 1024
"""A key of 1,024 bytes takes 3,072 when every byte is encoded; the other columns are short."""
_BLOCK_BYTES = 1024 * 1024
_OBJECT_TYPES = {object_type.value: object_type for object_type in ObjectType}


class RowReader:
    """Reads rows whose columns a manifest describes."""

    def __init__(self, columns: dict[str, int], *, upper_case: bool) -> None:
        """`upper_case`: whether to write ETags in upper case, as OSS does."""
        self._key, self._size = columns["Key"], columns["Size"]
        self._modified, self._etag = columns["LastModifiedDate"], columns["ETag"]
        self._latest = columns.get("IsLatest")
        self._marker = columns.get("IsDeleteMarker")
        self._object_type = columns.get("ObjectType")
        self._upper_case = upper_case

    def read(self, file: InventoryFile, stream: IO[bytes]) -> Iterator[ObjectSummary]:
        """Read the objects in `stream`, the content of `file`; of several versions only the latest.
        Raises click.UsageError if it is not the file that the manifest names. A wrong MD5 shows
        only after the last row."""
        hashing = _HashingReader(stream)
        try:
            with gzip.GzipFile(fileobj=io.BufferedReader(hashing, _BLOCK_BYTES)) as lines:
                for number, row in enumerate(csv.reader(_decode_lines(lines, file)), 1):
                    yield from self._parse_row(row, f"{file.key}, row {number}")
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise UsageError(f"{file.key} is not a gzip file, or is truncated") from None
        except csv.Error:
            raise UsageError(f"{file.key} is not CSV") from None
        if hashing.hexdigest() != file.md5:
            raise UsageError(f"{file.key} is not the file of the manifest: the MD5 differs")

    def _parse_row(self, row: list[str], position: str) -> Iterator[ObjectSummary]:
        try:
            if self._is_superseded(row):
                return
            etag = row[self._etag].strip('"')
            yield ObjectSummary(
                # Both stores encode a plus, whether they write a space as "+" or "%20".
                unquote_plus(row[self._key], errors="strict"),
                etag.upper() if self._upper_case else etag,
                int(row[self._size] or 0),
                _parse_time(row[self._modified]),
                self._parse_object_type(row),
            )
        except (IndexError, ValueError):
            raise UsageError(f"{position}: does not match the manifest's fileSchema") from None

    def _parse_object_type(self, row: list[str]) -> ObjectType:
        """S3's inventories have no types, and OSS's only on request."""
        if self._object_type is None:
            return ObjectType.NORMAL
        return _OBJECT_TYPES.get(row[self._object_type], ObjectType.NORMAL)

    def _is_superseded(self, row: list[str]) -> bool:
        """Whether it is an older version, or a delete marker."""
        is_older = self._latest is not None and row[self._latest].lower() == "false"
        return is_older or (self._marker is not None and row[self._marker].lower() == "true")


def _decode_lines(lines: gzip.GzipFile, file: InventoryFile) -> Iterator[str]:
    while line := lines.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise UsageError(f"{file.key} has a line of more than {MAX_LINE_BYTES} bytes")
        yield line.decode("ascii", errors="strict") if line.isascii() else line.decode()


def _parse_time(value: str) -> datetime:
    """S3 writes ``2026-11-23T04:05:06.000Z``, OSS ``2026-11-23T04-05-06Z``."""
    day, _, time = value.partition("T")
    parsed = datetime.fromisoformat(f"{day}T{time.replace('-', ':').rstrip('Z')}")
    return parsed.replace(tzinfo=timezone.utc)


class _HashingReader(io.RawIOBase):
    """Reads from a stream, and computes the MD5 of what was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._md5 = hashlib.md5(usedforsecurity=False)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        self._md5.update(block)
        buffer[: len(block)] = block
        return len(block)

    def hexdigest(self) -> str:
        """The MD5 of the whole stream. Reads the rest of it first."""
        while block := self._stream.read(_BLOCK_BYTES):
            self._md5.update(block)
        return self._md5.hexdigest()
