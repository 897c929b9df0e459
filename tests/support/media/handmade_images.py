"""Images built byte by byte, with descriptions that no camera writes."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 6, 8
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES_BY_COLOR_TYPE = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png_chunk(kind: bytes, content: bytes = b"") -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", checksum)


def png(
    *chunks: bytes,
    color_type: int = 2,
    bit_depth: int = 8,
    rows: list[bytes] | None = None,
    behind: bytes = b"",
    is_interlaced: bool = False,
    height: int = HEIGHT,
) -> bytes:
    """A PNG with `chunks` before its picture and `behind` after it. Each row begins with the byte
    of its filter; by default all samples are at their maximum."""
    size = WIDTH * SAMPLES_BY_COLOR_TYPE[color_type] * bit_depth // 8
    rows = [b"\0" + b"\xff" * size] * height if rows is None else rows
    header = struct.pack(">IIBBBBB", WIDTH, height, bit_depth, color_type, 0, 0, is_interlaced)
    data = png_chunk(b"IDAT", zlib.compress(b"".join(rows)))
    end = png_chunk(b"IEND")
    return PNG_SIGNATURE + png_chunk(b"IHDR", header) + b"".join(chunks) + data + behind + end


def gamma_curve(exponent: float) -> bytes:
    """A parametric curve of an ICC profile."""
    return b"para\0\0\0\0\0\0\0\0" + struct.pack(">i", round(exponent * 65536))


def table_curve(*values: float) -> bytes:
    """A curve of an ICC profile as a table of values from 0 to 1."""
    numbers = [round(value * 65535) for value in values]
    return struct.pack(f">4s4xI{len(numbers)}H", b"curv", len(numbers), *numbers)


def xyz(*values: float) -> bytes:
    """A color in an ICC profile."""
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


D50 = (0.9642, 1.0, 0.8249)
SRGB_PRIMARIES = {
    b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
    b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
    b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
}


def icc_profile(
    curve: bytes = b"", *, space: bytes = b"RGB ", device_class: bytes = b"mntr", **tags: bytes
) -> bytes:
    """An ICC profile with sRGB's primaries, the same curve for all channels, and more tags or other
    values."""
    names = [b"kTRC"] if space == b"GRAY" else [b"rTRC", b"gTRC", b"bTRC"]
    contents = dict.fromkeys(names, curve) if curve else {}
    contents |= SRGB_PRIMARIES | {name.encode(): content for name, content in tags.items()}
    table, body = b"", b""
    start = 128 + 4 + 12 * len(contents)
    for name, content in contents.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x3i",
        *(start + len(body), 0x04300000, device_class, space, b"XYZ ", b"acsp"),
        *(round(value * 65536) for value in D50),
    )
    return header.ljust(128, b"\0") + struct.pack(">I", len(contents)) + table + body


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of some chunks."""
    padded = b"".join(
        struct.pack("<4sI", kind, len(content)) + content + bytes(len(content) % 2)
        for kind, content in chunks
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(padded), b"WEBP") + padded


def vp8(width: int = WIDTH, height: int = HEIGHT) -> tuple[bytes, bytes]:
    """A lossy picture of a WebP without its data."""
    return b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)


def vp8l(*, has_alpha: bool = False) -> tuple[bytes, bytes]:
    """A lossless picture of a WebP without its data."""
    sizes = WIDTH - 1 | (HEIGHT - 1) << 14 | has_alpha << 28
    return b"VP8L", struct.pack("<BI", 0x2F, sizes)


def vp8x(flags: int = 0, width: int = WIDTH, height: int = HEIGHT) -> tuple[bytes, bytes]:
    """The header of an extended WebP."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", struct.pack("<I", flags) + sizes


def tiff(*entries: tuple[int, int, int, int], behind: bytes = b"", next_offset: int = 0) -> bytes:
    """A little-endian TIFF of one directory: tag, type, count and value of each entry. `behind` is
    at the offset that the function TIFF_END computes."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = struct.pack("<4sIH", b"II*\0", 8, len(entries))
    return head + table + struct.pack("<I", next_offset) + behind


def bmp(
    *,
    bits: int = 24,
    compression: int = 0,
    colors: int = 0,
    header: bytes = b"",
    pixels: bytes = b"",
    gap: int = 0,
) -> bytes:
    """A BMP; `header` are the fields behind the 40 bytes that all have. It says that it uses
    `colors`; 0 stands for all."""
    size = 40 + len(header)
    start = 14 + size + gap
    fields = struct.pack(
        "<IiiHHIIiiII", size, WIDTH, HEIGHT, 1, bits, compression, 0, 0, 0, colors, 0
    )
    pixels = pixels or b"\xff" * ((WIDTH * bits + 31) // 32 * 4 * HEIGHT)
    head = struct.pack("<2sIII", b"BM", start + len(pixels), 0, start)
    return head + fields + header + bytes(gap) + pixels
