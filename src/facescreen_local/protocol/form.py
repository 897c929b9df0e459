"""Reads a form (``multipart/form-data``, RFC 7578) as it arrives: its fields, then its file.

aiohttp's own reader switches warnings off and on for the whole process as it reads.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import Message

from multidict import CIMultiDict

from facescreen_local.oss.errors import OssError
from facescreen_local.protocol.post_policy import SizeRange

MOST_FIELDS = 64
LONGEST_FIELD = 8 * 1024
"""In bytes; a part's headers may have as many."""

_LONGEST_BOUNDARY = 70
_NEW_LINE = b"\r\n"
_AFTER_HEADERS = b"\r\n\r\n"
_HEADER = re.compile(r"([\w-]+):[ \t]*([^\r\n]*)")
_PARAMETER = re.compile(r';[ \t]*([\w*-]+)=(?:"([^"]*)"|([^\s;"]*))')


class Form:
    """``fields()`` first, then ``file()``; what follows the file is not looked at.

    `filename` and `content_type` are the file's, as its sender says; None where nothing is said.
    They are known once the fields are read.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        """`content_type` is the request's header. Raises OssError for one that is of no form."""
        self._delimiter = b"\r\n--" + _boundary(content_type)
        self._body = _Body(body)
        self.filename: str | None = None
        self.content_type: str | None = None

    async def fields(self) -> CIMultiDict[str]:
        """Every field before the file, the last one of each name. Raises OssError."""
        found: CIMultiDict[str] = CIMultiDict()
        await self._body.until(self._delimiter, LONGEST_FIELD)
        while (name := await self._next_part()) != "file":
            if len(found) == MOST_FIELDS:
                text = f"A form may have {MOST_FIELDS} fields."
                raise OssError(400, "InvalidArgument", text)
            found[name] = _text(await self._body.until(self._delimiter, LONGEST_FIELD))
        return found

    async def file(self, allowed: SizeRange) -> AsyncIterator[bytes]:
        """The file's bytes. Raises OssError as soon as there are too many or too few."""
        size = 0
        async for chunk in self._body.passing(self._delimiter):
            size += len(chunk)
            if size > allowed.largest:
                text = "Your proposed upload exceeds the maximum allowed size."
                raise OssError(400, "EntityTooLarge", text)
            yield chunk
        if size < allowed.smallest:
            text = "Your proposed upload is smaller than the minimum allowed size."
            raise OssError(400, "EntityTooSmall", text)

    async def _next_part(self) -> str:
        """What the part is called whose headers come next."""
        start = await self._body.exactly(len(_NEW_LINE))
        if start == b"--":
            text = "POST requires exactly one file upload per request."
            raise OssError(400, "IncorrectNumberOfFilesInPOSTRequest", text)
        if start != _NEW_LINE:
            raise _malformed()
        text = _text(await self._body.until(_AFTER_HEADERS, LONGEST_FIELD))
        headers = {name.lower(): value for name, value in _HEADER.findall(text)}
        said: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(headers.get("content-disposition", "")):
            said[name.lower()] = quoted or bare
        if not said.get("name"):
            raise _malformed()
        self.filename, self.content_type = said.get("filename"), headers.get("content-type")
        return said["name"]


class _Body:
    """What was not read yet, taken up to one mark after the other. Raises OssError at its end."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        # The first delimiter has no line before it, unlike the others.
        self._buffer = bytearray(_NEW_LINE)

    async def until(self, mark: bytes, most: int) -> bytes:
        """Takes what stands before the mark, `most` bytes of it at most, and the mark."""
        while (at := self._buffer.find(mark, 0, most + len(mark))) < 0:
            if len(self._buffer) >= most + len(mark):
                text = f"Your form field is larger than {most} bytes."
                raise OssError(400, "FieldItemTooLong", text)
            await self._more()
        return self._take(at, len(mark))

    async def exactly(self, size: int) -> bytes:
        """Takes so many bytes."""
        while len(self._buffer) < size:
            await self._more()
        return self._take(size)

    async def passing(self, mark: bytes) -> AsyncIterator[bytes]:
        """Takes what stands before the mark piece by piece, and the mark."""
        while (at := self._buffer.find(mark)) < 0:
            # The mark may have begun.
            yield self._take(max(0, len(self._buffer) - len(mark) + 1))
            await self._more()
        yield self._take(at, len(mark))

    def _take(self, size: int, dropped: int = 0) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[: size + dropped]
        return taken

    async def _more(self) -> None:
        chunk = await anext(self._chunks, b"")
        if not chunk:
            raise _malformed()
        self._buffer += chunk


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        text = "Bucket POST must be of the enclosure-type multipart/form-data."
        raise OssError(400, "RequestIsNotMultiPartContent", text)
    boundary = header.get_boundary() or ""
    if not (0 < len(boundary) <= _LONGEST_BOUNDARY and boundary.isascii()):
        raise _malformed()
    return boundary.encode()


def _text(found: bytes) -> str:
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> OssError:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return OssError(400, "MalformedPOSTRequest", text)
