"""The service's requirements for images and videos (face-deepfake.txt, "Image and video
requirements"), each line a named rule, in one table.

A rule that is broken refuses the file before it is paid for, or is advice that goes along in the
message; which of the two, by strictness, stands in the table as well. Lines that only the service
can judge (clear, well exposed, the largest face) have no rule here: it answers them by code. That
more than 1 MB must go by URL is kept by deepfake.request.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from facescreen.model import Advice

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.media.media import Media

KB, MB = 1000, 1024 * 1024
"""The page says neither 1000 nor 1024. Both limits are read the way that refuses less: what lies
between the two readings goes to the service, which charges nothing for what it refuses."""

HIGHEST_IMAGE, WIDEST_IMAGE = 1920, 1080
"""In pixels, as displayed."""

# What OSS image processing can read (object-storage.md): the way around the first rules.
CONVERTIBLE = frozenset(
    f"image/{form}" for form in ("jpeg", "png", "bmp", "gif", "webp", "tiff", "heic")
)
CONVERTIBLE_SIZE = 20 * MB
CONVERTIBLE_SIDE = 30_000
CONVERTED_SIDE = 720
"""The shorter side after conversion, in pixels."""


class Strictness(str, Enum):
    """How much is refused before the call."""

    LENIENT = "lenient"
    """Only what no service could read; the rest is its to judge."""
    STANDARD = "standard"
    """Every "must" of the page."""
    STRICT = "strict"
    """Its recommendations too."""


_ORDER = [Strictness.LENIENT, Strictness.STANDARD, Strictness.STRICT]


class Conversion(Enum):
    """What the store's conversion (upright, shorter side 720, quality 80, JPEG) does for a rule."""

    NO_HELP = "no help"
    MENDS = "mends it, and is no reason to convert"
    NEEDED = "mends it, and a file that breaks it is converted"


@dataclass(frozen=True)
class Content:
    """What the rules look at."""

    media: Media
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Rule:
    """One line of the page."""

    name: str
    kind: str
    """``image`` or ``video``."""
    refuses_from: Strictness
    """The least strictness at which a broken rule refuses; below it, it is advice."""
    conversion: Conversion
    code: str
    """The service's own code for it."""
    follows: Callable[[Content], bool]
    says: str
    """What a person should do."""


RULES = (
    Rule(
        "image-format",
        "image",
        Strictness.LENIENT,
        Conversion.NEEDED,
        "UnqualifiedPhoto",
        lambda it: it.media.type == "image/jpeg",
        "An image must be a JPEG.",
    ),
    Rule(
        "image-still",
        "image",
        Strictness.LENIENT,
        Conversion.NO_HELP,
        "UnqualifiedPhoto",
        lambda it: (it.media.frames or 1) == 1,
        "An animated picture can't be screened; send one photo, or an MP4 or MOV clip.",
    ),
    Rule(
        "image-maximum-size",
        "image",
        Strictness.LENIENT,
        Conversion.NEEDED,
        "ToolargeImage",
        lambda it: it.size <= 10 * MB,
        "An image may have at most 10 MB.",
    ),
    Rule(
        "image-maximum-resolution",
        "image",
        Strictness.STANDARD,
        Conversion.NEEDED,
        "UnqualifiedPhoto",
        lambda it: it.media.height <= HIGHEST_IMAGE and it.media.width <= WIDEST_IMAGE,
        "An image may be at most 1920 pixels high and 1080 wide.",
    ),
    Rule(
        "image-upright",
        "image",
        Strictness.STANDARD,
        Conversion.NO_HELP,
        "UnqualifiedPhoto",
        lambda it: it.media.height > it.media.width,
        "An image must be higher than it is wide: hold the phone upright.",
    ),
    Rule(
        "image-stored-upright",
        "image",
        Strictness.STRICT,
        Conversion.NEEDED,
        "UnqualifiedPhoto",
        lambda it: not it.media.rotated,
        "The photo is stored turned; a reader that ignores EXIF sees it sideways.",
    ),
    Rule(
        "image-recommended-size",
        "image",
        Strictness.STRICT,
        Conversion.MENDS,
        "UnqualifiedPhoto",
        lambda it: 50 * KB <= it.size <= 100 * 1024,
        "An image of 50 to 100 KB is recommended.",
    ),
    Rule(
        "image-recommended-resolution",
        "image",
        Strictness.STRICT,
        Conversion.NO_HELP,
        "UnqualifiedPhoto",
        lambda it: it.media.height >= 640 and it.media.width >= 480,
        "A resolution of 640 (height) by 480 (width) is recommended.",
    ),
    Rule(
        "video-format",
        "video",
        Strictness.LENIENT,
        Conversion.NO_HELP,
        "InvalidParameter",
        lambda it: it.media.type in ("video/mp4", "video/quicktime"),
        "A video must be an MP4 or a MOV.",
    ),
    Rule(
        "video-minimum-size",
        "video",
        Strictness.STANDARD,
        Conversion.NO_HELP,
        "InvalidParameter",
        lambda it: it.size > 100 * KB,
        "A video must be larger than 100 KB.",
    ),
    Rule(
        "video-maximum-size",
        "video",
        Strictness.LENIENT,
        Conversion.NO_HELP,
        "ToolargeImage",
        lambda it: it.size <= 10 * MB,
        "A video may have at most 10 MB.",
    ),
    Rule(
        "video-length",
        "video",
        Strictness.STANDARD,
        Conversion.NO_HELP,
        "InvalidParameter",
        # To a tenth of a second: the last frame of a 3-second clip ends a little later.
        lambda it: 1 <= round(it.media.duration_s or 0, 1) <= 3,
        "A video must last 1 to 3 seconds.",
    ),
    Rule(
        "video-frame-rate",
        "video",
        Strictness.STANDARD,
        Conversion.NO_HELP,
        "InvalidParameter",
        lambda it: round(it.media.fps or 0, 1) >= 8,
        "A video needs at least 8 frames a second.",
    ),
    Rule(
        "video-recommended-resolution",
        "video",
        Strictness.STRICT,
        Conversion.NO_HELP,
        "InvalidParameter",
        lambda it: it.media.height >= 640 and it.media.width >= 480,
        "A resolution of 640 (height) by 480 (width) is recommended.",
    ),
)


@dataclass(frozen=True)
class Assessment:
    """Fit, fit after conversion, or not."""

    refusals: tuple[Rule, ...]
    """Broken rules that refuse the file; empty when it may be sent."""
    convert: bool
    """Send it through the store's conversion."""
    advice: tuple[Advice, ...]


def assess(media: Media, size: int, strictness: Strictness, *, can_convert: bool) -> Assessment:
    """What the requirements say of a file of `size` bytes."""
    content = Content(media, size)
    broken = [rule for rule in RULES if rule.kind == media.kind and not rule.follows(content)]
    needed = any(rule.conversion is Conversion.NEEDED for rule in broken)
    convert = needed and can_convert and _is_convertible(content)
    left = [r for r in broken if not convert or r.conversion is Conversion.NO_HELP]
    refusals = [rule for rule in left if _refuses(rule, strictness)]
    advice = [Advice(rule.name, rule.says) for rule in left if rule not in refusals]
    return Assessment(tuple(refusals), convert, tuple(advice))


def _is_convertible(content: Content) -> bool:
    media = content.media
    return (
        media.type in CONVERTIBLE
        and content.size <= CONVERTIBLE_SIZE
        and max(media.width, media.height) <= CONVERTIBLE_SIDE
        and media.height * CONVERTED_SIDE <= HIGHEST_IMAGE * media.width
    )


def _refuses(rule: Rule, strictness: Strictness) -> bool:
    return _ORDER.index(strictness) >= _ORDER.index(rule.refuses_from)
