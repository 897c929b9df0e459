"""Reads the orientation, the one field of the metadata that changes what is displayed, and whether
all readers find the same one.

Browsers use EXIF, and its field only if it is one SHORT. Pillow and the viewers of Windows also
use other types, and XMP if EXIF has no orientation. Which of two EXIF blocks counts differs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facescreen.media.exif.directory import ORIENTATION, SHORT, Directory, read_directory
from facescreen.media.media import UnreadableMediaError
from facescreen.media.reader import TooComplexMediaError

if TYPE_CHECKING:
    from facescreen.media.reader import Window

EXIF_PREFIX = b"Exif\0\0"
"""Precedes the TIFF structure in JPEG, and in WebP files by some writers."""

AS_STORED = 1
_MAX_ORIENTATION = 8
_XMP_PATTERN = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([0-9]+)")


@dataclass
class Orientations:
    """The orientations that a file's metadata contains, in its order."""

    _exif: list[int] = field(default_factory=list)
    _has_unusual_field: bool = False
    _elsewhere: set[int] = field(default_factory=set)
    _uncertain: set[int] = field(default_factory=set)

    @property
    def value(self) -> int:
        """The first valid orientation in EXIF; 1, as stored, if there is none. Decoders show a
        picture with damaged EXIF too."""
        return next(iter(self._exif), AS_STORED)

    @property
    def second_picture(self) -> str | None:
        """A sentence if readers choose different orientations."""
        candidates = set(self._exif) if self._exif else {AS_STORED, *self._elsewhere}
        candidates |= self._uncertain
        if self._has_unusual_field or len(candidates) > 1:
            return "Programs turn it differently: its metadata has contradictory orientations."
        return None

    def add_exif(self, block: Window) -> None:
        """Add an EXIF block with or without the prefix."""
        try:
            if block.read_up_to(0, len(EXIF_PREFIX)) == EXIF_PREFIX:
                block = block.subwindow(len(EXIF_PREFIX))
            self.add_directory(read_directory(block))
        except TooComplexMediaError:
            raise
        except UnreadableMediaError:
            return

    def add_directory(self, directory: Directory) -> None:
        """Add the orientation in an image file directory. Numbers beyond 1 to 8 are ignored by all
        readers."""
        for entry in directory.find_all(ORIENTATION):
            for number in directory.decode(entry)[:1]:
                if not AS_STORED <= number <= _MAX_ORIENTATION:
                    continue
                if entry.field_type == SHORT and entry.length == 1:
                    self._exif.append(number)
                elif number != AS_STORED:
                    self._has_unusual_field = True

    def add_xmp(self, packet: bytes) -> None:
        """Add an XMP packet."""
        numbers = {int(number[:2]) for number in _XMP_PATTERN.findall(packet)}
        self._elsewhere |= numbers & set(range(AS_STORED, _MAX_ORIENTATION + 1))

    def add_uncertain_exif(self, block: Window) -> None:
        """Add an EXIF block that some readers don't take for one."""
        orientations = Orientations()
        orientations.add_exif(block)
        self._uncertain.add(orientations.value)
        self._has_unusual_field |= orientations._has_unusual_field

    def add_raw_exif(self, block: Window) -> None:
        """Add an EXIF block in a place where only some readers look, and only if there is none in
        its own place."""
        orientations = Orientations()
        orientations.add_exif(block)
        self._elsewhere.add(orientations.value)
        self._has_unusual_field |= orientations._has_unusual_field
