"""Write and read an inventory of ten million objects: ``python -m tests.bench.inventory``."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import resource
import tempfile
import time
from pathlib import Path

from facescreen.testing.object_store import MemoryStore
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.backfill.inventory.source import open_inventory
from facescreen_cli.commands.backfill.sources import Cursor

_ROWS_PER_FILE = 1_000_000
_ROWS_PER_LINE = 1_000_000
_COLUMNS = "Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, IsMultipartUploaded"
_ROW = (
    '"selfies","2026%2F11%2F{number:08}.jpg","{number}","Standard","2026-11-23T04-05-06Z",'
    '"{number:032X}","false"\r\n'
)


def main() -> None:
    """Print the rows per second and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="facescreen-") as folder:
        started = time.monotonic()
        manifest = _write_inventory(Path(folder), rows)
        megabytes = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        print(f"{rows} rows written in {time.monotonic() - started:.0f} s, {megabytes:.0f} MB")
        _read_inventory(manifest, rows)


def _read_inventory(manifest: Path, rows: int) -> None:
    print(f"{'rows':>10}{'a second':>10}{'peak RSS MB':>18}")
    started, number = time.monotonic(), 0
    source = open_inventory(str(manifest), StoreBucket(MemoryStore(), "selfies"))
    for number, summary in source.iterate_rows(Cursor()):
        assert summary.size == number
        if number % _ROWS_PER_LINE == 0:
            rate = number / (time.monotonic() - started)
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            print(f"{number:10}{rate:10.0f}{peak_mb:18.0f}", flush=True)
    assert number == rows


def _write_inventory(folder: Path, rows: int) -> Path:
    files = []
    for first in range(1, rows + 1, _ROWS_PER_FILE):
        path = folder / f"{first:08}.csv.gz"
        with gzip.open(path, "wt", compresslevel=1, newline="") as lines:
            for number in range(first, min(first + _ROWS_PER_FILE, rows + 1)):
                lines.write(_ROW.format(number=number))
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest().upper()
        files.append({"key": f"inventory/data/{path.name}", "MD5checksum": md5})
    manifest_fields = {
        "sourceBucket": "selfies",
        "fileFormat": "CSV",
        "fileSchema": _COLUMNS,
        "files": files,
    }
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(manifest_fields))
    return manifest


if __name__ == "__main__":
    main()
