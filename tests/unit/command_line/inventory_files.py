"""Writes inventories to a folder, in the layouts of OSS and S3."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

OSS_COLUMNS = "Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, IsMultipartUploaded"
S3_COLUMNS = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"


def oss_row(key: str, size: int = 9) -> str:
    return _row(
        "selfies", quote(key, safe=""), size, "Standard", "2026-11-23T04-05-06Z", "AB", "false"
    )


def s3_row(key: str, *, is_latest: bool = True, is_delete_marker: bool = False) -> str:
    flags = str(is_latest).lower(), str(is_delete_marker).lower()
    return _row("selfies", quote_plus(key), "v1", *flags, 9, "2026-11-23T04:05:06.000Z", "ab")


def write_inventory(
    folder: Path, columns: str, *files: str | bytes, **manifest_changes: Any
) -> Path:
    """Write an inventory and return the path of its manifest.json."""
    (folder / "2026-11-23T00-00Z").mkdir(parents=True)
    (folder / "data").mkdir()
    file_entries = []
    for number, content in enumerate(files):
        data = content if isinstance(content, bytes) else gzip.compress(content.encode())
        (folder / "data" / f"{number}.csv.gz").write_bytes(data)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
        file_entries.append({"key": f"inv/selfies/id/data/{number}.csv.gz", "MD5checksum": md5})
    manifest_fields = {
        "sourceBucket": "selfies",
        "fileFormat": "CSV",
        "fileSchema": columns,
        "files": file_entries,
    }
    manifest = folder / "2026-11-23T00-00Z" / "manifest.json"
    manifest.write_text(json.dumps({**manifest_fields, **manifest_changes}))
    md5 = hashlib.md5(manifest.read_bytes(), usedforsecurity=False).hexdigest()
    manifest.with_suffix(".checksum").write_text(md5 + "\n")
    return manifest


def _row(*cells: object) -> str:
    return ",".join(f'"{cell}"' for cell in cells) + "\r\n"
