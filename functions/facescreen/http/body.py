"""The body of POST /v1/screenings: an object, a URL, or a file."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from facescreen.http.problems import HttpError, build_invalid_parameter_error
from facescreen.storage.keys import parse_object_ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
    from python_multipart.multipart import MultipartCallbacks

    from facescreen.model import ObjectRef

MAX_BODY_BYTES = 16 * 1024 * 1024
"""Bytes on the wire: a file of 10 MB, the service's limit, also fits in Base64."""
_MAX_URL_CHARS = 8192
_MAX_FORM_PARTS = 8
_MAX_BOUNDARY_CHARS = 70
"""RFC 2046, 5.1.1."""
_FORM_TYPE, _JSON_TYPE = "multipart/form-data", "application/json"
_FILE_TYPE_PREFIXES = ("image/", "video/")
_VIDEO_SUFFIXES = (".mp4", ".mov", ".qt", ".m4v")


@dataclass(frozen=True)
class ObjectSubmission:
    """An object in a bucket."""

    ref: ObjectRef
    write_back: bool


@dataclass(frozen=True)
class UrlSubmission:
    """A URL that the service downloads."""

    url: str = field(repr=False)
    kind: str


@dataclass(frozen=True)
class FileSubmission:
    """A file in the request itself."""

    data: bytes = field(repr=False)


Submission = ObjectSubmission | UrlSubmission | FileSubmission


def read_body(event: BaseProxyEvent) -> bytes:
    """Return the body's bytes. Raises HttpError, before decoding, for more than MAX_BODY_BYTES."""
    body = event.body or ""
    is_base64 = bool(event.is_base64_encoded)
    if len(body) > (MAX_BODY_BYTES * 4 // 3 + 4 if is_base64 else MAX_BODY_BYTES):
        raise HttpError(
            413,
            "ContentTooLarge",
            f"the body is larger than {MAX_BODY_BYTES} bytes",
            "Upload larger files to the bucket, and submit the object.",
        )
    if not is_base64:
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise HttpError(
            400, "InvalidBody", "the event's body is not valid Base64", "Send the request again."
        ) from None


def parse_submission(body: bytes, content_type: str, store: str) -> Submission:
    """Parse the body of a request. Raises HttpError and errors.InvalidRequestError.

    A file's content type does not count: its format is detected later, from its bytes.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _JSON_TYPE:
        return _parse_json_submission(body, store)
    if media_type == _FORM_TYPE:
        return _build_file_submission(extract_form_file(body, content_type))
    if media_type.startswith(_FILE_TYPE_PREFIXES) or media_type == "application/octet-stream":
        return _build_file_submission(body)
    raise HttpError(
        415,
        "UnsupportedMediaType",
        "the content type is not supported",
        "Send JSON, multipart/form-data, or the file itself as image/jpeg, video/mp4 or "
        "video/quicktime.",
    )


def _build_file_submission(data: bytes) -> FileSubmission:
    if not data:
        raise build_invalid_parameter_error("the file is empty")
    return FileSubmission(data)


def _parse_json_submission(body: bytes, store: str) -> Submission:
    try:
        fields = json.loads(
            body, object_pairs_hook=_build_unique_fields, parse_constant=_reject_json_constant
        )
    except (ValueError, RecursionError):
        raise build_invalid_parameter_error("the body is not valid JSON") from None
    if not isinstance(fields, dict):
        raise build_invalid_parameter_error("the body must be a JSON object")
    kinds = [kind for kind in _PARSERS_BY_FIELD if kind in fields]
    if len(kinds) != 1:
        raise build_invalid_parameter_error(
            "the body must have exactly one of object, url and base64"
        )
    parse, optional_fields = _PARSERS_BY_FIELD[kinds[0]]
    _reject_unknown_fields(fields, {kinds[0], *optional_fields})
    return parse(fields, store)


def _parse_object_submission(fields: dict[str, Any], store: str) -> ObjectSubmission:
    object_fields, write_back = fields["object"], fields.get("write_back", False)
    if not isinstance(object_fields, dict):
        raise build_invalid_parameter_error("object must be a JSON object with bucket and key")
    if not isinstance(write_back, bool):
        raise build_invalid_parameter_error("write_back must be true or false")
    _reject_unknown_fields(object_fields, {"bucket", "key", "version_id"})
    ref = parse_object_ref(
        store,
        object_fields.get("bucket"),
        object_fields.get("key"),
        object_fields.get("version_id"),
    )
    return ObjectSubmission(ref, write_back)


def _parse_url_submission(fields: dict[str, Any], _: str) -> UrlSubmission:
    url, kind = fields["url"], fields.get("kind")
    if not isinstance(url, str) or not 0 < len(url) <= _MAX_URL_CHARS:
        raise build_invalid_parameter_error(
            f"url must be a URL of at most {_MAX_URL_CHARS} characters"
        )
    if kind not in (None, "image", "video"):
        raise build_invalid_parameter_error("kind must be image or video")
    return UrlSubmission(url, kind or _guess_kind(url))


def _parse_base64_submission(fields: dict[str, Any], _: str) -> FileSubmission:
    encoded = fields["base64"]
    if not isinstance(encoded, str):
        raise build_invalid_parameter_error("base64 must be a string")
    try:
        return _build_file_submission(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise build_invalid_parameter_error("base64 is not valid Base64") from None


_PARSERS_BY_FIELD: dict[str, tuple[Callable[[dict[str, Any], str], Submission], set[str]]] = {
    "object": (_parse_object_submission, {"write_back"}),
    "url": (_parse_url_submission, {"kind"}),
    "base64": (_parse_base64_submission, set()),
}


def _guess_kind(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return "image"
    return "video" if path.lower().endswith(_VIDEO_SUFFIXES) else "image"


def _reject_unknown_fields(fields: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise build_invalid_parameter_error(f"{unknown[0][:40]!r} is not a known field")


def _build_unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object. Rejects a repeated name: parsers differ in which value they use."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise build_invalid_parameter_error(f"{name[:40]!r} appears twice")
        fields[name] = value
    return fields


def _reject_json_constant(name: str) -> None:
    raise ValueError(name)


def extract_form_file(body: bytes, content_type: str) -> bytes:
    """Return the bytes of the form's only part named ``file``. Raises HttpError."""
    _, options = parse_options_header(content_type.encode(errors="replace"))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _MAX_BOUNDARY_CHARS:
        raise _build_invalid_form_error("the form has no boundary")
    collector = _FileCollector()
    parser = MultipartParser(boundary, collector.build_callbacks())
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise _build_invalid_form_error("the form is not well-formed") from None
    if not collector.has_ended:
        raise _build_invalid_form_error("the form ends too early")
    if len(collector.files) != 1:
        raise _build_invalid_form_error(
            f"the form has {len(collector.files)} parts named file; it must have exactly one"
        )
    return bytes(collector.files[0])


class _FileCollector:
    """Collects the parts named ``file`` from the parser's callbacks."""

    def __init__(self) -> None:
        self.files: list[bytearray] = []
        self.has_ended = False
        self._part_count = 0
        self._header_name, self._header_value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._file: bytearray | None = None

    def build_callbacks(self) -> MultipartCallbacks:
        """Return the callbacks for the parser."""
        return {
            "on_part_begin": self._start_part,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._finish_header,
            "on_headers_finished": self._finish_headers,
            "on_part_data": self._add_part_data,
            "on_end": self._mark_ended,
        }

    def _start_part(self) -> None:
        self._part_count += 1
        if self._part_count > _MAX_FORM_PARTS:
            raise _build_invalid_form_error(f"the form has more than {_MAX_FORM_PARTS} parts")
        self._headers, self._file = {}, None

    def _finish_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name, self._header_value = bytearray(), bytearray()

    def _finish_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if options.get(b"name") == b"file":
            self._file = bytearray()
            self.files.append(self._file)

    def _add_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.extend(data[start:end])

    def _mark_ended(self) -> None:
        self.has_ended = True


def _build_invalid_form_error(detail: str) -> HttpError:
    return HttpError(
        400, "InvalidForm", detail, "Send one part named file, as curl -F file=@photo.jpg does."
    )
