"""Parses manifest.json of OSS (version 2019-09-01) and of S3 (2016-11-30), which have one format.

Sources: OSS's user guide, "Bucket inventory"; Amazon S3 User Guide, "Locating your inventory list".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from click import UsageError

MAX_MANIFEST_BYTES = 16 * 1024 * 1024
"""Enough for about 80,000 files."""
_REQUIRED_COLUMNS = ("Key", "Size", "LastModifiedDate", "ETag")
_FIELD_TYPES = {"sourceBucket": str, "fileFormat": str, "fileSchema": str, "files": list}


@dataclass(frozen=True)
class InventoryFile:
    """One of the CSV files."""

    key: str
    md5: str
    """Lower-case hexadecimal."""


@dataclass(frozen=True)
class Manifest:
    """The parsed manifest of an inventory."""

    bucket: str
    """The bucket that was inventoried."""
    columns: dict[str, int]
    """Column names, with their index in a row, from 0."""
    files: tuple[InventoryFile, ...]

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Raises click.UsageError, which says what is wrong."""
        fields = _parse_fields(data)
        if fields["fileFormat"] != "CSV":
            raise UsageError("the inventory is not CSV: choose that format in its configuration")
        columns = [name.strip() for name in fields["fileSchema"].split(",")]
        missing = [name for name in _REQUIRED_COLUMNS if name not in columns]
        if missing:
            raise UsageError(
                f"the inventory has no {', '.join(missing)}: add these fields to its configuration"
            )
        indexes = {name: index for index, name in enumerate(columns)}
        return cls(fields["sourceBucket"], indexes, tuple(map(_parse_file, fields["files"])))


def _parse_fields(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise UsageError("the manifest is not JSON") from None
    if not isinstance(fields, dict):
        raise UsageError("the manifest is not a JSON object")
    for name, kind in _FIELD_TYPES.items():
        if not isinstance(fields.get(name), kind):
            raise UsageError(f"the manifest has no {name}: is it an inventory's manifest.json?")
    return fields


def _parse_file(item: Any) -> InventoryFile:
    key, md5 = (item.get("key"), item.get("MD5checksum")) if isinstance(item, dict) else ("", "")
    if not isinstance(key, str) or not isinstance(md5, str) or not key or not md5:
        raise UsageError("the manifest names a file without its key or MD5checksum")
    return InventoryFile(key, md5.lower())
