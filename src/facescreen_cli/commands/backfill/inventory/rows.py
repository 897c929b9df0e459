"""The rows of one gzip CSV file, in constant memory."""

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

from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.inventory.manifest import File

LONGEST_LINE = 16 * 1024
"""Bytes. A key of 1,024 takes 3,072 when each is encoded, and the other columns are short."""
_BLOCK = 1024 * 1024


class RowReader:
    """Reads rows by the columns of a manifest."""

    def __init__(self, columns: dict[str, int], *, upper_case: bool) -> None:
        """`upper_case`: as ETags are on OSS."""
        self._key, self._size = columns["Key"], columns["Size"]
        self._modified, self._etag = columns["LastModifiedDate"], columns["ETag"]
        self._latest = columns.get("IsLatest")
        self._marker = columns.get("IsDeleteMarker")
        self._upper_case = upper_case

    def read(self, file: File, data: IO[bytes]) -> Iterator[ObjectSummary]:
        """The objects of `file`, whose bytes are `data`; of versions, the latest alone. Raises
        click.UsageError where it is none of the manifest's, which may show at its end only."""
        hashing = _Hashing(data)
        try:
            with gzip.GzipFile(fileobj=io.BufferedReader(hashing, _BLOCK)) as lines:
                for number, row in enumerate(csv.reader(_texts(lines, file)), 1):
                    yield from self._listed(row, f"{file.key}, row {number}")
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise UsageError(f"{file.key} is no gzip file, or not whole") from None
        except csv.Error:
            raise UsageError(f"{file.key} is not in CSV") from None
        if hashing.digest() != file.md5:
            raise UsageError(f"{file.key} is not the file of the manifest: its MD5 is another")

    def _listed(self, row: list[str], place: str) -> Iterator[ObjectSummary]:
        try:
            if self._is_past(row):
                return
            etag = row[self._etag].strip('"')
            yield ObjectSummary(
                # Both stores encode a plus, whichever way they write a space.
                unquote_plus(row[self._key], errors="strict"),
                etag.upper() if self._upper_case else etag,
                int(row[self._size] or 0),
                _time(row[self._modified]),
            )
        except (IndexError, ValueError):
            raise UsageError(f"{place}: not what the manifest's fileSchema says") from None

    def _is_past(self, row: list[str]) -> bool:
        """Whether it is a version that something took the place of, or marks a deletion."""
        is_past = self._latest is not None and row[self._latest].lower() == "false"
        return is_past or (self._marker is not None and row[self._marker].lower() == "true")


def _texts(lines: gzip.GzipFile, file: File) -> Iterator[str]:
    while line := lines.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise UsageError(f"{file.key} has a line of more than {LONGEST_LINE} bytes")
        yield line.decode("ascii", errors="strict") if line.isascii() else line.decode()


def _time(text: str) -> datetime:
    """S3 writes ``2026-11-23T04:05:06.000Z``, OSS ``2026-11-23T04-05-06Z``."""
    day, _, time = text.partition("T")
    told = datetime.fromisoformat(f"{day}T{time.replace('-', ':').rstrip('Z')}")
    return told.replace(tzinfo=timezone.utc)


class _Hashing(io.RawIOBase):
    """Passes bytes on, and keeps their MD5."""

    def __init__(self, data: IO[bytes]) -> None:
        self._data = data
        self._md5 = hashlib.md5(usedforsecurity=False)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._data.read(len(buffer))
        self._md5.update(block)
        buffer[: len(block)] = block
        return len(block)

    def digest(self) -> str:
        """Of all there is, what nobody has read yet too."""
        while block := self._data.read(_BLOCK):
            self._md5.update(block)
        return self._md5.hexdigest()
