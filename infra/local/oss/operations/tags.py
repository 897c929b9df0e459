"""Object tags: OSS's rules for them, and the operations that read and replace the set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from aiohttp import web

from ..body import receive_xml
from ..call import xml_response
from ..errors import OssError
from ..headers import version_header
from ..markup import element, parse, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..call import Call

MOST_TAGS = 10
LONGEST_KEY = 128
LONGEST_VALUE = 256
_ALLOWED = re.compile(r"[A-Za-z0-9 +\-=._:/]*")


async def get_object_tagging(call: Call) -> web.Response:
    """GET /bucket/key?tagging."""
    stored = call.store.objects.find(call.bucket, call.key, call.version_id)
    tags = [
        element("Tag", element("Key", key), element("Value", value))
        for key, value in stored.contents.tags.items()
    ]
    return xml_response(element("Tagging", element("TagSet", *tags)), version_header(stored))


async def put_object_tagging(call: Call) -> web.Response:
    """PUT /bucket/key?tagging: replaces the whole set, and touches nothing else."""
    root = parse(await receive_xml(call.request), "Tagging")
    pairs = [(text_of(tag, "Key"), text_of(tag, "Value")) for tag in root.iterfind("TagSet/Tag")]
    return _set_tags(call, checked_tags(pairs), status=200)


async def delete_object_tagging(call: Call) -> web.Response:
    """DELETE /bucket/key?tagging."""
    return _set_tags(call, {}, status=204)


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


def _set_tags(call: Call, tags: Mapping[str, str], status: int) -> web.Response:
    stored = call.store.objects.set_tags(call.bucket, call.key, call.version_id, tags)
    return web.Response(status=status, headers=version_header(stored))


def _invalid_tag(message: str) -> OssError:
    return OssError(400, "InvalidTag", message)
