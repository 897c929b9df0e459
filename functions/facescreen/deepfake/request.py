"""An operation of the API, as a signed request."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from facescreen.clients.acs3 import Call, sign
from facescreen.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facescreen.clients.acs3 import SignedRequest
    from facescreen.clients.credentials import Credentials

PRODUCT_CODE = "FACE_DEEPFAKE"
LARGEST_INLINE = 1024 * 1024
"""Bytes of an image that may be sent in Base64; anything larger goes by URL."""
_LONGEST_URL = 8192


@dataclass(frozen=True)
class DetectParameters:
    """One detection. Raises BadRequest where a parameter is not what the page asks for."""

    scene_code: str
    merchant_biz_id: str
    kind: str
    """``image`` or ``video``."""
    url: str = field(default="", repr=False)
    base64: str = field(default="", repr=False)
    file_url: str = field(default="", repr=False)
    """Where an uploaded file lies (FaceFile); for DeepfakeDetectIntlStream alone."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_]{10}", self.scene_code):
            raise BadRequest("SceneCode must be 10 letters, digits or underscores")
        if not re.fullmatch(r"[A-Za-z0-9]{32}", self.merchant_biz_id):
            raise BadRequest("MerchantBizId must be 32 letters or digits")
        if self.kind not in ("image", "video"):
            raise BadRequest("FaceInputType must be image or video")
        if [self.url, self.base64, self.file_url].count("") != 2:
            raise BadRequest("give exactly one of FaceUrl, FaceBase64 and FaceFile")
        if self.base64:
            _check_inline(self.base64, self.kind)
        else:
            _check_url(self.url or self.file_url)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All of them by their names on the wire."""
        named = {
            "FaceInputType": self.kind.upper(),
            "MerchantBizId": self.merchant_biz_id,
            "ProductCode": PRODUCT_CODE,
            "SceneCode": self.scene_code,
            "FaceUrl": self.url,
            "FaceBase64": self.base64,
            "FaceFile": self.file_url,
        }
        return [(name, value) for name, value in named.items() if value]


def new_merchant_biz_id(prefix: str) -> str:
    """A random MerchantBizId that starts with the merchant's abbreviation."""
    return (prefix + secrets.token_hex(16))[:32]


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadRequest("FaceUrl is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest("FaceUrl must be an http or https URL")
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadRequest(f"FaceUrl must be percent-encoded and at most {_LONGEST_URL} characters")


def _check_inline(text: str, kind: str) -> None:
    if kind == "video":
        raise BadRequest("a video can't be sent in Base64; send its URL")
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise BadRequest("FaceBase64 is not Base64") from None
    if size > LARGEST_INLINE:
        raise BadRequest(f"an image in Base64 may have {LARGEST_INLINE} bytes, this one has {size}")


@dataclass(frozen=True)
class Action:
    """An operation of an RPC-style API."""

    name: str
    version: str
    method: str = "POST"
    in_query: bool = False
    """Parameters go in the query, all but FaceBase64, as the vendor's SDK sends them."""


DETECT = Action("DeepfakeDetectIntl", "2022-08-09", in_query=True)
DETECT_STREAM = Action("DeepfakeDetectIntlStream", "2022-08-09")
KEEP_ALIVE = Action("KeepaliveIntl", "2022-08-09")
AUTHORIZE_UPLOAD = Action("AuthorizeFileUpload", "2019-12-19", "GET", in_query=True)


def sign_request(
    action: Action,
    endpoint: str,
    credentials: Credentials,
    parameters: Sequence[tuple[str, str]] = (),
) -> SignedRequest:
    """Signs for `endpoint` (``https://host[:port]``)."""
    query = [pair for pair in parameters if action.in_query and pair[0] != "FaceBase64"]
    body = urlencode([pair for pair in parameters if pair not in query]).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    call = Call(action.name, action.version, action.method, query=query, headers=headers, body=body)
    return sign(call, endpoint, credentials)
