"""OSS's rules for object tags, and the parser of the ``x-oss-tagging`` header."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from facescreen_local.oss.errors import OssError

MAX_TAGS = 10
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 256
_ALLOWED_CHARACTERS = re.compile(r"[A-Za-z0-9 +\-=._:/]*")


def parse_tagging_header(header: str | None) -> dict[str, str]:
    """Parse ``key=value&key2=value2``, URL-encoded. Raises OssError InvalidTag."""
    if not header:
        return {}
    pairs = []
    for part in header.split("&"):
        key, _, value = part.partition("=")
        if "=" in value:
            raise _invalid_tag_error("A tag must have the form key or key=value.")
        pairs.append((unquote_plus(key), unquote_plus(value)))
    return validate_tags(pairs)


def validate_tags(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the tags in the given order. Raises OssError InvalidTag."""
    tags: dict[str, str] = {}
    for key, value in pairs:
        if not 1 <= len(key) <= MAX_KEY_LENGTH or not _ALLOWED_CHARACTERS.fullmatch(key):
            raise _invalid_tag_error("The TagKey you have provided is invalid.")
        if len(value) > MAX_VALUE_LENGTH or not _ALLOWED_CHARACTERS.fullmatch(value):
            raise _invalid_tag_error("The TagValue you have provided is invalid.")
        if key in tags:
            raise _invalid_tag_error("Cannot provide multiple Tags with the same key.")
        tags[key] = value
    if len(tags) > MAX_TAGS:
        raise _invalid_tag_error(f"Object tags cannot be greater than {MAX_TAGS}.")
    return tags


def _invalid_tag_error(message: str) -> OssError:
    return OssError(400, "InvalidTag", message)
