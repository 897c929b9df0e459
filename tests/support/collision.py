"""Two JPEGs of different pictures with the same size, MD5 and CRC-64, made for these tests."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "fixtures/collision"

COLLIDING_JPEGS = tuple((_FOLDER / name).read_bytes() for name in ("x1.jpg", "x2.jpg"))
