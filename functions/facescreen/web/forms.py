"""The file of a multipart/form-data body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from facescreen.web.problems import Refusal

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_PARTS = 8
_LONGEST_BOUNDARY = 70
"""RFC 2046, 5.1.1."""


def file_of(body: bytes, content_type: str) -> bytes:
    """The bytes of the one part that is named ``file``. Raises Refusal."""
    _, options = parse_options_header(content_type.encode(errors="replace"))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise _bad("the form has no boundary")
    parts = _Parts()
    parser = MultipartParser(boundary, parts.callbacks())
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise _bad("the form is not well-formed") from None
    if not parts.ended:
        raise _bad("the form ends too early")
    if len(parts.files) != 1:
        raise _bad(f"the form has {len(parts.files)} parts that are named file; it must have one")
    return bytes(parts.files[0])


class _Parts:
    """Keeps the parts that are named ``file``, as the parser meets them."""

    def __init__(self) -> None:
        self.files: list[bytearray] = []
        self.ended = False
        self._count = 0
        self._name, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._file: bytearray | None = None

    def callbacks(self) -> MultipartCallbacks:
        """For the parser."""
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._count += 1
        if self._count > _MOST_PARTS:
            raise _bad(f"the form has more than {_MOST_PARTS} parts")
        self._headers, self._file = {}, None

    def _header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if options.get(b"name") == b"file":
            self._file = bytearray()
            self.files.append(self._file)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.extend(data[start:end])

    def _end(self) -> None:
        self.ended = True


def _bad(detail: str) -> Refusal:
    return Refusal(400, "InvalidForm", detail, "Send one part, named file: curl -F file=@photo.jpg")
