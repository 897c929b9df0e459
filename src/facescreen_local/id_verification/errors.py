"""The errors of the service and of the gateway before it, by code."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.auth.acs3 import NonceUsedError, UnsignedHeaderError
from facescreen_local.auth.clock import ClockSkewError, MalformedDateError
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from facescreen_local.auth.headers import MalformedAuthorizationError, MissingHeaderError
from facescreen_local.protocol.body import BodyTooLargeError

SERVICE_STATUS_BY_CODE = {
    "MissingParameter": 400,
    "InvalidParameter": 400,
    "NoFaceDetected": 401,
    "UnqualifiedPhoto": 401,
    "ToolargeImage": 401,
    "DataDuplication": 401,
    "DownloadTimeout": 401,
    "Forbidden.RAMUserAccessDenied": 403,
    "Forbidden.AccountAccessDenied": 403,
    "Throttling.Api": 403,
    "InternalError": 500,
}
"""The HTTP status of each code (face-deepfake.txt, "Status codes")."""

GATEWAY_STATUS_BY_CODE = {
    "IncompleteSignature": 400,
    "InvalidAccessKeyId.NotFound": 404,
    "InvalidAction.NotFound": 404,
    "InvalidSecurityToken.MismatchWithAccessKey": 400,
    "InvalidTimeStamp.Expired": 400,
    "InvalidTimeStamp.Format": 400,
    "SignatureDoesNotMatch": 400,
    "SignatureNonceUsed": 400,
}
"""The HTTP status of the codes of Alibaba Cloud's API gateway that the emulator returns."""


class IdVerificationError(Exception):
    """A request is not served. The text goes to the caller: no URL, key or token in it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_WRONG_TOKEN_RESPONSE = (
    "InvalidSecurityToken.MismatchWithAccessKey",
    "Specified SecurityToken mismatch with the AccessKey.",
)
_RESPONSE_BY_SHARED_ERROR: Mapping[type[Exception], tuple[str, str]] = {
    BodyTooLargeError: ("ToolargeImage", "The request is too large: send a URL."),
    MalformedAuthorizationError: (
        "IncompleteSignature",
        "The request signature does not conform to Aliyun standards.",
    ),
    MissingHeaderError: ("IncompleteSignature", "The signed header {0.name} is missing."),
    UnsignedHeaderError: ("IncompleteSignature", "The header {0.name} must be signed."),
    MalformedDateError: (
        "InvalidTimeStamp.Format",
        "Specified time stamp or date value is not well formatted.",
    ),
    ClockSkewError: (
        "InvalidTimeStamp.Expired",
        "Specified time stamp or date value is expired.",
    ),
    UnknownAccessKeyError: ("InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    MissingSecurityTokenError: _WRONG_TOKEN_RESPONSE,
    InvalidSecurityTokenError: _WRONG_TOKEN_RESPONSE,
    SignatureMismatchError: (
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation.",
    ),
    NonceUsedError: ("SignatureNonceUsed", "Specified signature nonce was used already."),
}
REQUEST_ERRORS: tuple[type[Exception], ...] = (IdVerificationError, *_RESPONSE_BY_SHARED_ERROR)
"""The errors that a request can end with: the service's own and those of shared code."""


def to_id_verification_error(error: Exception) -> IdVerificationError:
    """Convert one of REQUEST_ERRORS to an error of the service or the gateway."""
    if isinstance(error, IdVerificationError):
        return error
    code, message = _RESPONSE_BY_SHARED_ERROR[type(error)]
    return IdVerificationError(code, message.format(error))
