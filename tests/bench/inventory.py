"""An inventory of ten million objects, written and read: ``python -m tests.bench.inventory``."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import resource
import tempfile
import time
from pathlib import Path

from facescreen.testing.stores import MemoryStore
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.backfill.inventory.source import open_inventory
from facescreen_cli.commands.backfill.sources import Cursor

_IN_FILE = 1_000_000
"""Rows."""
_EVERY = 1_000_000
_COLUMNS = "Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, IsMultipartUploaded"
_ROW = (
    '"selfies","2026%2F11%2F{number:08}.jpg","{number}","Standard","2026-11-23T04-05-06Z",'
    '"{number:032X}","false"\r\n'
)


def main() -> None:
    """Prints rows a second and the most memory so far."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    rows = asked.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="facescreen-") as folder:
        started = time.monotonic()
        manifest = _written(Path(folder), rows)
        megabytes = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        print(f"{rows} rows written in {time.monotonic() - started:.0f} s, {megabytes:.0f} MB")
        _read(manifest, rows)


def _read(manifest: Path, rows: int) -> None:
    print(f"{'rows':>10}{'a second':>10}{'RSS MB, the most':>18}")
    started, number = time.monotonic(), 0
    source = open_inventory(str(manifest), StoreBucket(MemoryStore(), "selfies"))
    for number, one in source.rows(Cursor()):
        assert one.size == number
        if number % _EVERY == 0:
            rate = number / (time.monotonic() - started)
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            print(f"{number:10}{rate:10.0f}{most:18.0f}", flush=True)
    assert number == rows


def _written(folder: Path, rows: int) -> Path:
    files = []
    for first in range(1, rows + 1, _IN_FILE):
        path = folder / f"{first:08}.csv.gz"
        with gzip.open(path, "wt", compresslevel=1, newline="") as lines:
            for number in range(first, min(first + _IN_FILE, rows + 1)):
                lines.write(_ROW.format(number=number))
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest().upper()
        files.append({"key": f"inventory/data/{path.name}", "MD5checksum": md5})
    said = {"sourceBucket": "selfies", "fileFormat": "CSV", "fileSchema": _COLUMNS, "files": files}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(said))
    return manifest


if __name__ == "__main__":
    main()
