"""manifest.json, of OSS (version 2019-09-01) and of S3 (2016-11-30): the two are alike.

Sources: OSS's user guide, "Bucket inventory"; Amazon S3 User Guide, "Locating your inventory list".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from click import UsageError

LARGEST = 16 * 1024 * 1024
"""Bytes of a manifest: some 80,000 files."""
_NEEDED = ("Key", "Size", "LastModifiedDate", "ETag")
_FIELDS = {"sourceBucket": str, "fileFormat": str, "fileSchema": str, "files": list}


@dataclass(frozen=True)
class File:
    """One of the CSV files."""

    key: str
    md5: str
    """Lower-case hexadecimal."""


@dataclass(frozen=True)
class Manifest:
    """What it is an inventory of, and where that stands."""

    bucket: str
    columns: dict[str, int]
    """Each one's place in a row, from 0."""
    files: tuple[File, ...]

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Raises click.UsageError, which says what is wrong."""
        said = _object(data)
        if said["fileFormat"] != "CSV":
            raise UsageError("the inventory is not in CSV: choose that format for it")
        columns = [name.strip() for name in said["fileSchema"].split(",")]
        missing = [name for name in _NEEDED if name not in columns]
        if missing:
            raise UsageError(
                f"the inventory has no {', '.join(missing)}: choose these fields for it"
            )
        places = {name: place for place, name in enumerate(columns)}
        return cls(said["sourceBucket"], places, tuple(map(_file, said["files"])))


def _object(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise UsageError("the manifest is not JSON") from None
    if not isinstance(said, dict):
        raise UsageError("the manifest is no JSON object")
    for name, kind in _FIELDS.items():
        if not isinstance(said.get(name), kind):
            raise UsageError(f"the manifest has no {name}: is it an inventory's manifest.json?")
    return said


def _file(said: Any) -> File:
    key, md5 = (said.get("key"), said.get("MD5checksum")) if isinstance(said, dict) else ("", "")
    if not isinstance(key, str) or not isinstance(md5, str) or not key or not md5:
        raise UsageError("the manifest names a file without its key or MD5checksum")
    return File(key, md5.lower())
