"""The service's requirements for images and videos (face-deepfake.txt, "Image and video
requirements"): one table, with a named rule for each line.

A broken rule either rejects the file before a call is paid for, or adds advice to the message. The
table says from which strictness on it rejects. Requirements that only the service can check (sharp,
well exposed, the largest face) have no rule here; it returns error codes for them. deepfake.request
checks that files over 1 MB are sent by URL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from facescreen.model import Advice

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.media.media import Media

REQUIREMENTS_VERSION = 2
"""Part of the key of each finding. Raise it if the same bytes must be judged again: when a rule or
the conversion changes what is sent to the service."""

KB, MB = 1000, 1024 * 1024
"""The page does not say whether a KB has 1000 or 1024 bytes, so both limits are read the lenient
way: the service checks what is in between, and does not charge for what it rejects."""

MAX_IMAGE_HEIGHT_PX, MAX_IMAGE_WIDTH_PX = 1920, 1080
"""As displayed."""

# What OSS image processing can convert (object-storage.md), for files that break the first rules.
CONVERTIBLE_TYPES = frozenset(
    f"image/{name}" for name in ("jpeg", "png", "bmp", "gif", "webp", "tiff", "heic")
)
MAX_CONVERTIBLE_BYTES = 20 * MB
MAX_CONVERTIBLE_SIDE_PX = 30_000
CONVERTED_SHORT_SIDE_PX = 720
"""The shorter side after conversion."""


class Strictness(str, Enum):
    """How many rules reject a file before the call."""

    LENIENT = "lenient"
    """Only the rules without which the service can't read the file, or judges another picture than
    people see."""
    STANDARD = "standard"
    """Every "must" on the page."""
    STRICT = "strict"
    """The recommendations too."""


_STRICTNESS_ORDER = [Strictness.LENIENT, Strictness.STANDARD, Strictness.STRICT]


class ConversionEffect(Enum):
    """The effect on a rule of the store's conversion (upright, shorter side 720, quality 80,
    JPEG)."""

    NO_EFFECT = "no effect"
    FIXES = "fixes it, but is no reason to convert"
    REQUIRED = "fixes it, and a file that breaks the rule is converted"


ANY_KIND = "any"
"""The kind of rules for images and videos alike."""


@dataclass(frozen=True)
class FileProperties:
    """The properties of a file that the rules check."""

    media: Media
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Rule:
    """One requirement on the page."""

    name: str
    kind: str
    """``image``, ``video`` or ANY_KIND."""
    rejects_from: Strictness
    """The lowest strictness at which the rule rejects a file; below it, it is advice."""
    conversion_effect: ConversionEffect
    code: str
    """The service's error code for it."""
    is_met: Callable[[FileProperties], bool]
    message: str
    """What is wrong or what to do, for people."""
    describe: Callable[[FileProperties], str | None] = lambda _: None
    """A sentence about this file, which follows the message."""


RULES = (
    Rule(
        "one-picture",
        ANY_KIND,
        Strictness.LENIENT,
        ConversionEffect.NO_EFFECT,
        "MoreThanOnePicture",
        lambda file: file.media.second_picture is None,
        "The file may show different pictures in different programs. Send one photo, or one MP4 "
        "or MOV clip, as the camera saved it.",
        lambda file: file.media.second_picture,
    ),
    Rule(
        "image-format",
        "image",
        Strictness.LENIENT,
        ConversionEffect.REQUIRED,
        "UnqualifiedPhoto",
        lambda file: file.media.type == "image/jpeg",
        "An image must be a JPEG.",
    ),
    Rule(
        "image-maximum-size",
        "image",
        Strictness.LENIENT,
        ConversionEffect.REQUIRED,
        "ToolargeImage",
        lambda file: file.size <= 10 * MB,
        "An image may have at most 10 MB.",
    ),
    Rule(
        "image-maximum-resolution",
        "image",
        Strictness.STANDARD,
        ConversionEffect.REQUIRED,
        "UnqualifiedPhoto",
        lambda file: (
            file.media.height <= MAX_IMAGE_HEIGHT_PX and file.media.width <= MAX_IMAGE_WIDTH_PX
        ),
        "An image may be at most 1920 pixels high and 1080 wide.",
    ),
    Rule(
        "image-upright",
        "image",
        Strictness.STANDARD,
        ConversionEffect.NO_EFFECT,
        "UnqualifiedPhoto",
        lambda file: file.media.height > file.media.width,
        "An image must be higher than it is wide: hold the phone upright.",
    ),
    Rule(
        "image-stored-upright",
        "image",
        Strictness.STRICT,
        ConversionEffect.REQUIRED,
        "UnqualifiedPhoto",
        lambda file: not file.media.rotated,
        "The photo is stored rotated; programs that ignore EXIF show it sideways.",
    ),
    Rule(
        "image-recommended-size",
        "image",
        Strictness.STRICT,
        ConversionEffect.FIXES,
        "UnqualifiedPhoto",
        lambda file: 50 * KB <= file.size <= 100 * 1024,
        "An image of 50 to 100 KB is recommended.",
    ),
    Rule(
        "image-recommended-resolution",
        "image",
        Strictness.STRICT,
        ConversionEffect.NO_EFFECT,
        "UnqualifiedPhoto",
        lambda file: file.media.height >= 640 and file.media.width >= 480,
        "A resolution of 640 (height) by 480 (width) is recommended.",
    ),
    Rule(
        "video-format",
        "video",
        Strictness.LENIENT,
        ConversionEffect.NO_EFFECT,
        "InvalidParameter",
        lambda file: file.media.type in ("video/mp4", "video/quicktime"),
        "A video must be an MP4 or a MOV.",
    ),
    Rule(
        "video-minimum-size",
        "video",
        Strictness.STANDARD,
        ConversionEffect.NO_EFFECT,
        "InvalidParameter",
        lambda file: file.size > 100 * KB,
        "A video must be larger than 100 KB.",
    ),
    Rule(
        "video-maximum-size",
        "video",
        Strictness.LENIENT,
        ConversionEffect.NO_EFFECT,
        "ToolargeImage",
        lambda file: file.size <= 10 * MB,
        "A video may have at most 10 MB.",
    ),
    Rule(
        "video-length",
        "video",
        Strictness.STANDARD,
        ConversionEffect.NO_EFFECT,
        "InvalidParameter",
        # To a tenth of a second: the last frame of a 3-second clip ends a little later.
        lambda file: 1 <= round(file.media.duration_s or 0, 1) <= 3,
        "A video must last 1 to 3 seconds.",
    ),
    Rule(
        "video-frame-rate",
        "video",
        Strictness.STANDARD,
        ConversionEffect.NO_EFFECT,
        "InvalidParameter",
        lambda file: round(file.media.fps or 0, 1) >= 8,
        "A video needs at least 8 frames a second.",
    ),
    Rule(
        "video-recommended-resolution",
        "video",
        Strictness.STRICT,
        ConversionEffect.NO_EFFECT,
        "InvalidParameter",
        lambda file: file.media.height >= 640 and file.media.width >= 480,
        "A resolution of 640 (height) by 480 (width) is recommended.",
    ),
)


@dataclass(frozen=True)
class Assessment:
    """Whether a file can be sent, as it is or converted, and what is wrong with it."""

    rejections: tuple[Rule, ...]
    """Broken rules that reject the file; empty if it may be sent."""
    convert: bool
    """Whether to send it through the store's conversion."""
    advice: tuple[Advice, ...]


def assess(media: Media, size: int, strictness: Strictness, *, can_convert: bool) -> Assessment:
    """Check a file of `size` bytes against the requirements."""
    file = FileProperties(media, size)
    broken = [
        _add_description(rule, file)
        for rule in RULES
        if rule.kind in (media.kind, ANY_KIND) and not rule.is_met(file)
    ]
    needs_conversion = any(rule.conversion_effect is ConversionEffect.REQUIRED for rule in broken)
    convert = needs_conversion and can_convert and _is_convertible(file)
    remaining = [
        r for r in broken if not convert or r.conversion_effect is ConversionEffect.NO_EFFECT
    ]
    rejections = [rule for rule in remaining if _rejects(rule, strictness)]
    advice = [Advice(rule.name, rule.message) for rule in remaining if rule not in rejections]
    return Assessment(tuple(rejections), convert, tuple(advice))


def _is_convertible(file: FileProperties) -> bool:
    media = file.media
    return (
        media.type in CONVERTIBLE_TYPES
        and file.size <= MAX_CONVERTIBLE_BYTES
        and max(media.width, media.height) <= MAX_CONVERTIBLE_SIDE_PX
        and media.height * CONVERTED_SHORT_SIDE_PX <= MAX_IMAGE_HEIGHT_PX * media.width
    )


def _add_description(rule: Rule, file: FileProperties) -> Rule:
    """Return the rule with its sentence about this file in its message."""
    sentence = rule.describe(file)
    return rule if sentence is None else replace(rule, message=f"{rule.message} {sentence}")


def _rejects(rule: Rule, strictness: Strictness) -> bool:
    return _STRICTNESS_ORDER.index(strictness) >= _STRICTNESS_ORDER.index(rule.rejects_from)
