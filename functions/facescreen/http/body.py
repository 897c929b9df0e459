"""What a POST asks to have screened: an object, a URL, or bytes."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from facescreen.http.problems import HttpError, invalid_parameter
from facescreen.storage.keys import object_ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
    from python_multipart.multipart import MultipartCallbacks

    from facescreen.model import ObjectRef

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes as they came over the wire: a file of 10 MB, the service's limit, fits in Base64 too."""
_LONGEST_URL = 8192
_MOST_PARTS = 8
_LONGEST_BOUNDARY = 70
"""RFC 2046, 5.1.1."""
_FORM, _JSON = "multipart/form-data", "application/json"
_BINARY = ("image/", "video/")
_VIDEO_SUFFIXES = (".mp4", ".mov", ".qt", ".m4v")


@dataclass(frozen=True)
class OfObject:
    """An object that stands in a bucket."""

    ref: ObjectRef
    write_back: bool


@dataclass(frozen=True)
class OfUrl:
    """The URL that the service downloads."""

    url: str = field(repr=False)
    kind: str


@dataclass(frozen=True)
class OfBytes:
    """A file that came with the request."""

    data: bytes = field(repr=False)


Submission = OfObject | OfUrl | OfBytes


def read_body(event: BaseProxyEvent) -> bytes:
    """The bytes of the body. Raises HttpError for more than LARGEST_BODY, before decoding them."""
    text = event.body or ""
    is_base64 = bool(event.is_base64_encoded)
    if len(text) > (LARGEST_BODY * 4 // 3 + 4 if is_base64 else LARGEST_BODY):
        raise HttpError(
            413,
            "ContentTooLarge",
            f"a body may have at most {LARGEST_BODY} bytes",
            "Put larger files into the bucket, and ask for the object.",
        )
    if not is_base64:
        return text.encode(errors="surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise HttpError(
            400, "InvalidBody", "the event's body is not Base64", "Send it again."
        ) from None


def read_submission(body: bytes, content_type: str, store: str) -> Submission:
    """Raises HttpError and errors.InvalidRequestError. What a file really is, its bytes say later,
    not its content type."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _JSON:
        return _of_json(body, store)
    if media_type == _FORM:
        return _of_bytes(file_of(body, content_type))
    if media_type.startswith(_BINARY) or media_type == "application/octet-stream":
        return _of_bytes(body)
    raise HttpError(
        415,
        "UnsupportedMediaType",
        "a body of this type is not taken",
        "Send JSON, multipart/form-data, or the file itself as image/jpeg, video/mp4 or "
        "video/quicktime.",
    )


def _of_bytes(data: bytes) -> OfBytes:
    if not data:
        raise invalid_parameter("the file is empty")
    return OfBytes(data)


def _of_json(body: bytes, store: str) -> Submission:
    try:
        given = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise invalid_parameter("the body is not JSON") from None
    if not isinstance(given, dict):
        raise invalid_parameter("the body must be a JSON object")
    named = [name for name in _READERS if name in given]
    if len(named) != 1:
        raise invalid_parameter("give exactly one of object, url and base64")
    reader, allowed = _READERS[named[0]]
    _only(given, {named[0], *allowed})
    return reader(given, store)


def _object(given: dict[str, Any], store: str) -> OfObject:
    named, write_back = given["object"], given.get("write_back", False)
    if not isinstance(named, dict):
        raise invalid_parameter("object must be a JSON object with bucket and key")
    if not isinstance(write_back, bool):
        raise invalid_parameter("write_back must be true or false")
    _only(named, {"bucket", "key", "version_id"})
    ref = object_ref(store, named.get("bucket"), named.get("key"), named.get("version_id"))
    return OfObject(ref, write_back)


def _url(given: dict[str, Any], _: str) -> OfUrl:
    url, kind = given["url"], given.get("kind")
    if not isinstance(url, str) or not 0 < len(url) <= _LONGEST_URL:
        raise invalid_parameter(f"url must be a URL of at most {_LONGEST_URL} characters")
    if kind not in (None, "image", "video"):
        raise invalid_parameter("kind must be image or video")
    return OfUrl(url, kind or _kind(url))


def _base64(given: dict[str, Any], _: str) -> OfBytes:
    text = given["base64"]
    if not isinstance(text, str):
        raise invalid_parameter("base64 must be a text")
    try:
        return _of_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise invalid_parameter("base64 is not Base64") from None


_READERS: dict[str, tuple[Callable[[dict[str, Any], str], Submission], set[str]]] = {
    "object": (_object, {"write_back"}),
    "url": (_url, {"kind"}),
    "base64": (_base64, set()),
}


def _kind(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return "image"
    return "video" if path.lower().endswith(_VIDEO_SUFFIXES) else "image"


def _only(given: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise invalid_parameter(f"{unknown[0][:40]!r} is not a field here")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers of JSON differ in which of two values they take."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise invalid_parameter(f"{name[:40]!r} is given twice")
        found[name] = value
    return found


def _no_number(name: str) -> None:
    raise ValueError(name)


def file_of(body: bytes, content_type: str) -> bytes:
    """The bytes of the one part that is named ``file``. Raises HttpError."""
    _, options = parse_options_header(content_type.encode(errors="replace"))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise _invalid_form("the form has no boundary")
    parts = _Parts()
    parser = MultipartParser(boundary, parts.callbacks())
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise _invalid_form("the form is not well-formed") from None
    if not parts.ended:
        raise _invalid_form("the form ends too early")
    if len(parts.files) != 1:
        raise _invalid_form(
            f"the form has {len(parts.files)} parts that are named file; it must have one"
        )
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
            raise _invalid_form(f"the form has more than {_MOST_PARTS} parts")
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


def _invalid_form(detail: str) -> HttpError:
    return HttpError(
        400, "InvalidForm", detail, "Send one part, named file: curl -F file=@photo.jpg"
    )
