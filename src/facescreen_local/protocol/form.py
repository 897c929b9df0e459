"""Reads a form (``multipart/form-data``, RFC 7578) as it arrives: its fields, then its file."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from multidict import CIMultiDict
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from facescreen_local.protocol.post_policy import SizeRange

MAX_FIELD_BYTES = 8 * 1024
"""The maximum for a field, and for the headers of a part."""
_MAX_BOUNDARY_BYTES = 70
"""RFC 2046, 5.1.1."""


class NotAFormError(Exception):
    """The body is of another content type."""


class MalformedFormError(Exception):
    """The form can't be parsed, or ends too early."""


class FieldTooLongError(Exception):
    """A field, or the headers of a part, exceed `max_bytes`."""

    max_bytes = MAX_FIELD_BYTES


class TooManyFieldsError(Exception):
    """There are more than `max_fields` fields before the file."""

    def __init__(self, max_fields: int) -> None:
        super().__init__(f"more than {max_fields} fields")
        self.max_fields = max_fields


class MissingFileError(Exception):
    """The form ends without a part named ``file``."""


class FileTooLargeError(Exception):
    """The file is larger than allowed."""


class FileTooSmallError(Exception):
    """The file is smaller than required."""


class MultipartForm:
    """Call ``read_fields()`` first, then ``read_file()``; whatever follows the file is ignored.

    The errors of this module are raised as soon as they occur.
    """

    def __init__(self, content_type: str, chunks: AsyncIterator[bytes], max_fields: int) -> None:
        """`content_type` is the request's header, `chunks` its body."""
        self._chunks = chunks
        self._parser = _FormParser(_parse_boundary(content_type), max_fields)

    @property
    def filename(self) -> str | None:
        """The file's name, None if its sender gives none. Known after `read_fields`."""
        return self._parser.filename

    @property
    def content_type(self) -> str | None:
        """The file's content type, like `filename`."""
        return self._parser.content_type

    async def read_fields(self) -> CIMultiDict[str]:
        """Read every field before the file. Names ignore case; the last field of a name wins."""
        while not self._parser.file_started:
            await self._read_chunk()
        return self._parser.fields

    async def read_file(self, allowed: SizeRange) -> AsyncIterator[bytes]:
        """Yield the file's bytes. Raises FileTooLargeError and FileTooSmallError."""
        size = 0
        async for chunk in self._file_chunks():
            size += len(chunk)
            if size > allowed.max_bytes:
                raise FileTooLargeError
            yield chunk
        if size < allowed.min_bytes:
            raise FileTooSmallError

    async def _file_chunks(self) -> AsyncIterator[bytes]:
        yield self._parser.take_file_bytes()
        while not self._parser.file_ended:
            await self._read_chunk()
            yield self._parser.take_file_bytes()

    async def _read_chunk(self) -> None:
        chunk = await anext(self._chunks, b"")
        if not chunk or self._parser.parse_failed:
            raise MalformedFormError
        self._parser.write(chunk)


class _FormParser:
    """Collects a form's fields and file from the parser's callbacks."""

    def __init__(self, boundary: bytes, max_fields: int) -> None:
        self.fields: CIMultiDict[str] = CIMultiDict()
        self.filename: str | None = None
        self.content_type: str | None = None
        self.file_started = self.file_ended = False
        # Set once the parser fails. What it found before that still counts.
        self.parse_failed = False
        self._file = bytearray()
        self._max_fields = max_fields
        self._delimiter = b"\r\n--" + boundary
        # The current part, which has no name until its headers are read.
        self._name = ""
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = bytearray(), bytearray()
        self._header_bytes = 0
        # Limit headers here: the parser's errors do not distinguish a long header from a bad one.
        self._parser = MultipartParser(
            boundary, max_header_count=sys.maxsize, max_header_size=sys.maxsize
        )
        # A part without headers, and the line break that a body's first delimiter lacks: this makes
        # everything before that delimiter a part without a name, which is dropped.
        self._parser.write(b"--" + boundary + b"\r\n\r\n\r\n")
        self._parser.callbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end_form,
        }

    def write(self, chunk: bytes) -> None:
        """Parse the next chunk. Raises the errors of this module."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            self.parse_failed = True

    def take_file_bytes(self) -> bytes:
        """Return the file's bytes since the last call."""
        file_bytes = bytes(self._file)
        self._file.clear()
        return file_bytes

    def _begin_part(self) -> None:
        self._name, self._headers, self._header_bytes = "", {}, 0
        self._value.clear()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._count_header(end - start)

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._count_header(end - start)

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_FIELD_BYTES:
            raise FieldTooLongError

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = _decode_utf8(options.get(b"name")) or ""
        if not self._name:
            raise MalformedFormError
        if self._name == "file":
            self.file_started = True
            self.filename = _decode_utf8(options.get(b"filename"))
            self.content_type = _decode_utf8(self._headers.get(b"content-type"))
        elif len(self.fields) == self._max_fields:
            raise TooManyFieldsError(self._max_fields)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self.file_started:
            self._file += data[start:end]
            return
        self._value += data[start:end]
        if len(self._value) > MAX_FIELD_BYTES:
            raise FieldTooLongError

    def _end_part(self) -> None:
        if self.file_started:
            self.file_ended = True
            self._parser.callbacks = {}
        elif self._name:
            # A line that only begins like a delimiter is data to the parser; RFC 2046 forbids it.
            if self._delimiter in self._value:
                raise MalformedFormError
            self.fields[self._name] = _decode_utf8(bytes(self._value)) or ""

    def _end_form(self) -> None:
        raise MissingFileError


def _parse_boundary(content_type: str) -> bytes:
    media_type, options = parse_options_header(content_type.encode("utf-8", "surrogateescape"))
    if media_type != b"multipart/form-data":
        raise NotAFormError
    boundary = options.get(b"boundary", b"")
    if not (0 < len(boundary) <= _MAX_BOUNDARY_BYTES and boundary.isascii()):
        raise MalformedFormError
    return boundary


def _decode_utf8(encoded: bytes | None) -> str | None:
    try:
        return None if encoded is None else encoded.decode()
    except UnicodeDecodeError:
        raise MalformedFormError from None
