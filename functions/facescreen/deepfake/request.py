"""The service's requests: what to screen, the API's parameters, and the signed HTTP request."""

from __future__ import annotations

import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict
from urllib.parse import urlencode, urlsplit

from facescreen.clients.acs3 import UnsignedRequest, sign
from facescreen.errors import RequestRejectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facescreen.clients.acs3 import SignedRequest
    from facescreen.clients.credentials import Credentials
    from facescreen.timing import Deadline

PRODUCT_CODE = "FACE_DEEPFAKE"
MAX_INLINE_BYTES = 1024 * 1024
"""The largest image that may be sent in Base64. Larger ones are sent as a URL or a file."""
_MAX_URL_CHARS = 8192

UrlOrFactory = str | Callable[[], str]
"""A URL that the service can download, or a function that creates a new one for each attempt."""
FileSource = str | Path | bytes | IO[bytes]
"""A path, bytes, or a binary stream at its start. A stream is sent again only if it can seek."""


@dataclass(frozen=True, kw_only=True)
class DetectRequest:
    """What to screen, and until when. Raises RequestRejectedError unless exactly one of `url`,
    `base64` and `file` is set, and for an invalid `kind` or `merchant_biz_id`."""

    url: UrlOrFactory = field(default="", repr=False)
    base64: str = field(default="", repr=False)
    """An image of up to MAX_INLINE_BYTES, in Base64."""
    file: FileSource | None = field(default=None, repr=False)
    """A file to upload before the call; only for DeepfakeDetectIntlStream."""
    kind: str = "image"
    """``image`` or ``video``."""
    merchant_biz_id: str = ""
    """32 letters or digits. By default the client creates a random one."""
    deadline: Deadline | None = None
    """When to stop trying. By default three of the client's timeouts from the call."""

    def __post_init__(self) -> None:
        if self.merchant_biz_id and not re.fullmatch(r"[A-Za-z0-9]{32}", self.merchant_biz_id):
            raise RequestRejectedError("MerchantBizId must be 32 letters or digits")
        if self.kind not in ("image", "video"):
            raise RequestRejectedError("FaceInputType must be image or video")
        if [bool(self.url), bool(self.base64), self.file is not None].count(True) != 1:
            raise RequestRejectedError(
                "exactly one of FaceUrl, FaceBase64 and FaceFile must be set"
            )

    @classmethod
    def from_bytes(
        cls, data: bytes, *, kind: str, merchant_biz_id: str = "", deadline: Deadline | None = None
    ) -> DetectRequest:
        """Create a request that sends a small image in Base64, and anything else as a file."""
        fits_inline = kind == "image" and len(data) <= MAX_INLINE_BYTES
        return cls(
            base64=b64encode(data).decode() if fits_inline else "",
            file=None if fits_inline else data,
            kind=kind,
            merchant_biz_id=merchant_biz_id,
            deadline=deadline,
        )


class DetectRequestFields(TypedDict, total=False):
    """The fields of a DetectRequest, as keyword arguments of a method."""

    url: UrlOrFactory
    base64: str
    file: FileSource | None
    kind: str
    merchant_biz_id: str
    deadline: Deadline | None


def create_merchant_biz_id(prefix: str) -> str:
    """Create a random MerchantBizId that starts with the merchant's abbreviation."""
    return (prefix + secrets.token_hex(16))[:32]


def build_detect_parameters(
    request: DetectRequest, scene_code: str, file_url: str = ""
) -> list[tuple[str, str]]:
    """Build the API's parameters of `request`, with a new URL. `file_url` is the URL of an uploaded
    file.

    Raises RequestRejectedError if a parameter does not meet the API's documented format.
    """
    if not re.fullmatch(r"[A-Za-z0-9_]{10}", scene_code):
        raise RequestRejectedError("SceneCode must be 10 letters, digits or underscores")
    url = request.url() if callable(request.url) else request.url
    if request.base64:
        _check_base64(request.base64, request.kind)
    else:
        _check_url(url or file_url)
    params = {
        "FaceInputType": request.kind.upper(),
        "MerchantBizId": request.merchant_biz_id,
        "ProductCode": PRODUCT_CODE,
        "SceneCode": scene_code,
        "FaceUrl": url,
        "FaceBase64": request.base64,
        "FaceFile": file_url,
    }
    return [(name, value) for name, value in params.items() if value]


def _check_url(url: str) -> None:
    try:
        parsed_url = urlsplit(url)
    except ValueError:
        raise RequestRejectedError("FaceUrl is not a URL") from None
    if parsed_url.scheme not in ("http", "https") or not parsed_url.hostname:
        raise RequestRejectedError("FaceUrl must be an http or https URL")
    if len(url) > _MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise RequestRejectedError(
            f"FaceUrl must be percent-encoded and at most {_MAX_URL_CHARS} characters"
        )


def _check_base64(image_base64: str, kind: str) -> None:
    if kind == "video":
        raise RequestRejectedError("a video can't be sent in Base64; send its URL instead")
    try:
        size = len(b64decode(image_base64, validate=True))
    except ValueError:
        raise RequestRejectedError("FaceBase64 is not valid Base64") from None
    if size > MAX_INLINE_BYTES:
        raise RequestRejectedError(
            f"an image in Base64 may have at most {MAX_INLINE_BYTES} bytes; this one has {size}"
        )


@dataclass(frozen=True)
class ApiAction:
    """An operation of an RPC-style API."""

    name: str
    version: str
    method: str = "POST"
    in_query: bool = False
    """Send the parameters in the query, all except FaceBase64, as the vendor's SDK does."""


DETECT_ACTION = ApiAction("DeepfakeDetectIntl", "2022-08-09", in_query=True)
DETECT_STREAM_ACTION = ApiAction("DeepfakeDetectIntlStream", "2022-08-09")
KEEP_ALIVE_ACTION = ApiAction("KeepaliveIntl", "2022-08-09")
AUTHORIZE_UPLOAD_ACTION = ApiAction("AuthorizeFileUpload", "2019-12-19", "GET", in_query=True)


def sign_request(
    action: ApiAction,
    endpoint: str,
    credentials: Credentials,
    parameters: Sequence[tuple[str, str]] = (),
) -> SignedRequest:
    """Build the request for `endpoint` (``https://host[:port]``) and sign it."""
    query = [pair for pair in parameters if action.in_query and pair[0] != "FaceBase64"]
    body = urlencode([pair for pair in parameters if pair not in query]).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    unsigned = UnsignedRequest(
        action.name, action.version, action.method, query=query, headers=headers, body=body
    )
    return sign(unsigned, endpoint, credentials)
