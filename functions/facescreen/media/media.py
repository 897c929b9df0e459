"""What a probe finds."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableMediaError(ValueError):
    """The bytes are no image or video; the message is a sentence that says why, for a person."""


@dataclass(frozen=True)
class Media:
    """An image or a video, as its content describes itself."""

    type: str
    """MIME type by content, whatever the suffix says: ``image/jpeg``, ``video/quicktime``…"""
    width: int
    """Pixels as displayed: orientation or rotation applied."""
    height: int
    rotated: bool = False
    """Stored turned or mirrored: EXIF orientation other than 1, irot, imir, tkhd matrix."""
    frames: int | None = 1
    """Pictures in it; 2 stands for an animated image's any number; None where not counted."""
    duration_s: float | None = None
    """Seconds a player shows; None for an image."""
    fps: float | None = None
    """Frames a second, on average; None for an image, and where frames take no time."""
    codec: str | None = None
    """A video's sample entry, e.g. ``avc1``."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise UnreadableMediaError("The picture has no width or no height.")

    @property
    def kind(self) -> str:
        """``image`` or ``video``."""
        return self.type.partition("/")[0]


def image(
    mime: str, width: int, height: int, *, orientation: int = 1, frames: int | None = 1
) -> Media:
    """An image of the stored size, turned by its EXIF orientation: 2 to 8 turn or mirror it, 5 to 8
    lay it on its side, and decoders ignore any other."""
    if orientation in range(5, 9):
        width, height = height, width
    return Media(mime, width, height, rotated=orientation in range(2, 9), frames=frames)
