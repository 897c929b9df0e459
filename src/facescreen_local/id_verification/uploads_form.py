"""Reads a form (``multipart/form-data``, RFC 7578) as it arrives: its fields, then its file.

aiohttp's own reader switches warnings off and on for the whole process as it reads.
"""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser

from aiohttp import StreamReader, web

from facescreen_local.id_verification.errors import Refusal

_MOST_FIELDS = 32
_LONGEST_FIELD = 8 * 1024
_LONGEST_BOUNDARY = 70
_AFTER_HEADERS = b"\r\n\r\n"


class Form:
    """A form whose parts are taken one after the other."""

    def __init__(self, request: web.BaseRequest) -> None:
        """Raises Refusal for a request that holds no form."""
        self._delimiter = b"\r\n--" + _boundary(request.headers.get("content-type", ""))
        self._body = _Body(request.content)

    async def fields(self) -> dict[str, str]:
        """Every field before the file. Raises Refusal, also where no file follows."""
        found: dict[str, str] = {}
        try:
            await self._body.until(self._delimiter, _LONGEST_FIELD)
            while (name := await self._next_name()) != "file" and len(found) < _MOST_FIELDS:
                value = await self._body.until(self._delimiter, _LONGEST_FIELD)
                found[name] = value.decode()
        except _TooLong:
            text = f"A form field is longer than {_LONGEST_FIELD} bytes."
            raise Refusal("FieldItemTooLong", text) from None
        except UnicodeDecodeError:
            raise _malformed() from None
        if name != "file":
            raise _malformed()
        return found

    async def file(self, smallest: int, largest: int) -> bytes:
        """The file, once the fields are read. Raises Refusal as soon as it is larger."""
        try:
            content = await self._body.until(self._delimiter, largest)
        except _TooLong:
            text = "Your proposed upload exceeds the maximum allowed size."
            raise Refusal("EntityTooLarge", text) from None
        if len(content) < smallest:
            text = "Your proposed upload is smaller than the minimum allowed size."
            raise Refusal("EntityTooSmall", text)
        return content

    async def _next_name(self) -> str:
        """What the part is called whose headers come next."""
        headers = await self._body.until(_AFTER_HEADERS, _LONGEST_FIELD)
        # The delimiter's own line ends here, unless it was the form's last.
        if not headers.startswith(b"\r\n"):
            raise _malformed()
        part = BytesHeaderParser().parsebytes(headers[2:])
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise _malformed()
        return name


class _TooLong(Exception):
    """More bytes than a mark may be away."""


class _Body:
    """What was not read yet, up to one mark after the other."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        # The first delimiter has no line before it, unlike the others.
        self._buffer = bytearray(b"\r\n")

    async def until(self, mark: bytes, most: int) -> bytes:
        """Takes what stands before `mark`, and `mark`. Raises _TooLong where that is more than
        `most` bytes, Refusal where the body ends without it."""
        searched = 0
        while (at := self._buffer.find(mark, searched)) < 0:
            searched = max(0, len(self._buffer) - len(mark) + 1)
            if searched > most:
                raise _TooLong
            chunk = await self._content.readany()
            if not chunk:
                raise _malformed()
            self._buffer += chunk
        if at > most:
            raise _TooLong
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return found


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        text = "Bucket POST must be of the enclosure-type multipart/form-data."
        raise Refusal("RequestIsNotMultiPartContent", text)
    boundary = header.get_boundary() or ""
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise _malformed()
    return boundary.encode()


def _malformed() -> Refusal:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return Refusal("MalformedPOSTRequest", text)
