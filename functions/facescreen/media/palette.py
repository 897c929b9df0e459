"""Palettes: whether a picture's pixels name colors that its palette lacks. Some programs show those
black, others in the palette's first or last color. With them, a file can show one face in one
program and another one in another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

UNKNOWN_COLORS_MESSAGE = (
    "It uses colors that it does not define, so that programs choose different ones."
)


@dataclass(frozen=True)
class Palette:
    """The colors of a picture whose pixels have `bits` each: 1, 2, 4 or 8."""

    bits: int
    colors: int

    def has_all_colors_of(self, row: bytes, width: int) -> bool:
        """Whether the first `width` pixels of a row, or all if it is shorter, name colors of the
        palette."""
        whole_bytes, rest = divmod(width * self.bits, 8)
        if not self._known_bytes.issuperset(row[:whole_bytes]):
            return False
        unused_bits = 8 - rest
        last = row[whole_bytes : whole_bytes + 1] if rest else b""
        return all(byte >> unused_bits << unused_bits in self._known_bytes for byte in last)

    @cached_property
    def _known_bytes(self) -> frozenset[int]:
        """The bytes all of whose pixels name colors of the palette."""
        mask, shifts = (1 << self.bits) - 1, range(0, 8, self.bits)
        return frozenset(
            byte
            for byte in range(256)
            if all(byte >> shift & mask < self.colors for shift in shifts)
        )
