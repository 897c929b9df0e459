"""Reads a form (``multipart/form-data``) as it arrives: its fields, then its file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, MultipartReader
from aiohttp.http_exceptions import BadHttpMessage

from ..refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from .policy import Allowed

_MOST_FIELDS = 32
_LONGEST_FIELD = 8 * 1024
_CHUNK = 64 * 1024


async def read_fields(request: web.BaseRequest) -> tuple[dict[str, str], BodyPartReader]:
    """Every field before the file, and the file, still unread. Raises Refusal."""
    if request.content_type != "multipart/form-data":
        text = "Bucket POST must be of the enclosure-type multipart/form-data."
        raise Refusal("RequestIsNotMultiPartContent", text)
    fields: dict[str, str] = {}
    with _well_formed():
        parts = MultipartReader(
            request.headers,
            request.content,
            client_max_size=_LONGEST_FIELD,
            max_size_error_cls=_FieldTooLong,
        )
        while len(fields) <= _MOST_FIELDS:
            part = await parts.next()
            if not isinstance(part, BodyPartReader) or not part.name:
                break
            if part.name == "file":
                return fields, part
            fields[part.name] = (await part.read()).decode()
    raise _malformed()


async def read_file(file: BodyPartReader, allowed: Allowed) -> bytes:
    """The file's bytes. Raises Refusal once they are more than `allowed`, without reading on."""
    content = bytearray()
    with _well_formed():
        while chunk := await file.read_chunk(_CHUNK):
            content += chunk
            if len(content) > allowed.largest:
                text = "Your proposed upload exceeds the maximum allowed size."
                raise Refusal("EntityTooLarge", text)
    if len(content) < allowed.smallest:
        text = "Your proposed upload is smaller than the minimum allowed size."
        raise Refusal("EntityTooSmall", text)
    return bytes(content)


class _FieldTooLong(Exception):
    """Raised by aiohttp with the size that a field may have."""


@contextmanager
def _well_formed() -> Iterator[None]:
    try:
        yield
    except _FieldTooLong:
        text = f"A form field is longer than {_LONGEST_FIELD} bytes."
        raise Refusal("FieldItemTooLong", text) from None
    # What aiohttp raises: RuntimeError for a bad _charset_ field, ValueError for most else.
    except (ValueError, RuntimeError, BadHttpMessage):
        raise _malformed() from None


def _malformed() -> Refusal:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return Refusal("MalformedPOSTRequest", text)
