"""OSS's rules for object tags, and the header that brings them with a write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from facescreen_local.oss.errors import OssError

MOST_TAGS = 10
LONGEST_KEY = 128
LONGEST_VALUE = 256
_ALLOWED = re.compile(r"[A-Za-z0-9 +\-=._:/]*")


def tags_of_header(header: str | None) -> dict[str, str]:
    """Reads ``x-oss-tagging``: ``key=value&key2=value2``, URL-encoded. Raises InvalidTag."""
    if not header:
        return {}
    pairs = []
    for part in header.split("&"):
        key, _, value = part.partition("=")
        if "=" in value:
            raise _invalid_tag("A tag must have the form key or key=value.")
        pairs.append((unquote_plus(key), unquote_plus(value)))
    return checked_tags(pairs)


def checked_tags(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The set, in the order given. Raises OssError InvalidTag."""
    tags: dict[str, str] = {}
    for key, value in pairs:
        if not 1 <= len(key) <= LONGEST_KEY or not _ALLOWED.fullmatch(key):
            raise _invalid_tag("The TagKey you have provided is invalid.")
        if len(value) > LONGEST_VALUE or not _ALLOWED.fullmatch(value):
            raise _invalid_tag("The TagValue you have provided is invalid.")
        if key in tags:
            raise _invalid_tag("Cannot provide multiple Tags with the same key.")
        tags[key] = value
    if len(tags) > MOST_TAGS:
        raise _invalid_tag(f"Object tags cannot be greater than {MOST_TAGS}.")
    return tags


def _invalid_tag(message: str) -> OssError:
    return OssError(400, "InvalidTag", message)
