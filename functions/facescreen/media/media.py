"""The result of a probe."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableMediaError(ValueError):
    """The bytes can't be read as an image or a video. The message is a sentence for people."""


@dataclass(frozen=True)
class Media:
    """The properties of an image or a video, as its content describes them."""

    type: str
    """MIME type from the content, not from the suffix: ``image/jpeg``, ``video/quicktime``…"""
    width: int
    """Pixels as displayed: orientation or rotation applied."""
    height: int
    rotated: bool = False
    """Stored rotated or mirrored: EXIF orientation other than 1, irot, imir, tkhd matrix."""
    frames: int | None = None
    """A video's number of frames; None for an image."""
    duration_s: float | None = None
    """Seconds that a player shows; None for an image."""
    fps: float | None = None
    """Average frames per second; None for an image, or if the frames have no duration."""
    codec: str | None = None
    """A video's sample entry, e.g. ``avc1``."""
    second_picture: str | None = None
    """A sentence that says which second picture the file holds, or why that can't be determined:
    something that a common reader may show in place of the picture that another one shows. None if
    all readers show the same picture."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise UnreadableMediaError("The picture has no width or no height.")

    @property
    def kind(self) -> str:
        """``image`` or ``video``."""
        return self.type.partition("/")[0]


def build_image_media(
    mime: str, width: int, height: int, *, orientation: int = 1, second_picture: str | None = None
) -> Media:
    """Create the Media of an image from its stored size and EXIF orientation: 2 to 8 rotate or
    mirror it, 5 to 8 also swap width and height, and decoders ignore other values."""
    if orientation in range(5, 9):
        width, height = height, width
    return Media(
        mime,
        width,
        height,
        rotated=orientation in range(2, 9),
        second_picture=second_picture,
    )
