"""File upload to the service: authorized by AuthorizeFileUpload, then sent as a POST form."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facescreen.deepfake.request import FileSource
    from facescreen.deepfake.response import HttpResponse

_GRANT_FIELDS = ("AccessKeyId", "EncodedPolicy", "Signature", "ObjectKey", "Bucket", "Endpoint")


@dataclass(frozen=True)
class UploadGrant:
    """Permission to upload one file (id-verification-api.md, "FaceFile")."""

    bucket: str
    endpoint: str
    key: str
    fields: Mapping[str, str] = field(repr=False)

    @property
    def upload_url(self) -> str:
        """The URL to post the form to."""
        return f"https://{self.bucket}.{self.endpoint}/"

    @property
    def file_url(self) -> str:
        """The value of FaceFile, in the form that the vendor's SDK uses."""
        return f"http://{self.bucket}.{self.endpoint}/{self.key}"


def parse_grant(response: HttpResponse) -> UploadGrant:
    """Parse AuthorizeFileUpload's response. Raises errors.ServiceUnavailableError if it has no
    grant."""
    try:
        body = json.loads(response.body)
        grant = {name: str(body[name]) for name in _GRANT_FIELDS}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise errors.ServiceUnavailableError(
            f"AuthorizeFileUpload answered HTTP {response.status} without an upload grant"
        ) from None
    fields = {
        "OSSAccessKeyId": grant["AccessKeyId"],
        "policy": grant["EncodedPolicy"],
        "Signature": grant["Signature"],
        "key": grant["ObjectKey"],
        "success_action_status": "201",
    }
    return UploadGrant(grant["Bucket"], grant["Endpoint"], grant["ObjectKey"], fields)


@dataclass(frozen=True)
class UploadStep:
    """A form to post: the fields, then the file, which is read while it is sent."""

    url: str
    fields: Mapping[str, str] = field(repr=False)
    file: IO[bytes] = field(repr=False)
    timeout_s: float


def check_upload_response(response: HttpResponse) -> None:
    """Raise unless the response says that the file is stored."""
    if response.status == 201:
        return
    error_class: type[errors.FacescreenError] = errors.OperatorError
    if response.status >= 500 or response.status in (403, 429):
        # A grant is valid for minutes: the next one may work.
        error_class = errors.ServiceUnavailableError
    raise error_class(f"the upload failed with HTTP {response.status}")


@contextmanager
def open_stream(file: FileSource) -> Iterator[IO[bytes]]:
    """Open the file as a binary stream. Only a stream that was opened here is closed."""
    if isinstance(file, (str, Path)):
        with Path(file).open("rb") as stream:
            yield stream
    elif isinstance(file, bytes):
        yield io.BytesIO(file)
    else:
        yield file


def rewind(stream: IO[Any], *, must_succeed: bool) -> None:
    """Seek to the start, if the stream can seek. Raises errors.RequestRejectedError if it can't
    and `must_succeed` is set."""
    if stream.seekable():
        stream.seek(0)
    elif must_succeed:
        raise errors.RequestRejectedError(
            "the upload failed, and the stream can't be sent again because it can't seek"
        )
