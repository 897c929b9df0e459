"""Probes all pictures below a folder, and counts which are refused as more than one picture:
``python -m tests.support.media.corpus_trial FOLDER``.

No file that a phone, a camera or a browser wrote may be among them. The repository contains no
corpus; the repositories of libraries for metadata and images have large ones.
"""

from __future__ import annotations

import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

from facescreen.media.media import UnreadableMediaError
from facescreen.media.probe import probe
from tests.support.media.memory_reader import MemoryReader


def main(folder: Path) -> None:
    """Print each refused file with its maker and what was found, then the counts."""
    counts: Counter[tuple[str, str]] = Counter()
    seen = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest = sha256(content).digest()
        if digest in seen or not content:
            continue
        seen.add(digest)
        media_type, finding = _probe(content)
        counts[media_type, "one picture" if finding is None else finding] += 1
        if finding is not None:
            sys.stdout.write(f"{path}\t{media_type}\t{_read_maker(content)}\t{finding}\n")
    for (media_type, finding), count in sorted(counts.items()):
        sys.stdout.write(f"{count:6} {media_type}\t{finding}\n")


def _probe(content: bytes) -> tuple[str, str | None]:
    try:
        media = probe(MemoryReader(content))
    except UnreadableMediaError as error:
        return "unreadable", str(error)
    return media.type, media.second_picture


def _read_maker(content: bytes) -> str:
    """Return the makers that occur in the file: phones and cameras write theirs into EXIF."""
    return ", ".join(name.decode() for name in _MAKERS if name in content[:65_536]) or "-"


_MAKERS = (
    *(b"Apple", b"Canon", b"FUJIFILM", b"Google", b"HUAWEI", b"NIKON", b"OLYMPUS", b"OnePlus"),
    *(b"Panasonic", b"SAMSUNG", b"samsung", b"SONY", b"Xiaomi", b"Adobe", b"GIMP", b"darktable"),
)

if __name__ == "__main__":
    main(Path(sys.argv[1]))
