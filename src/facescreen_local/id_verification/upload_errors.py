"""The errors of the upload target, with OSS's codes for forms."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.protocol.body import BodyTooLargeError
from facescreen_local.protocol.form import (
    FieldTooLongError,
    FileTooLargeError,
    FileTooSmallError,
    MalformedFormError,
    MissingFileError,
    NotAFormError,
    TooManyFieldsError,
)
from facescreen_local.protocol.post_policy import (
    MissingFieldError,
    PolicyConditionError,
    PolicyExpiredError,
)

STATUS_BY_CODE = {
    "AccessDenied": 403,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "FieldItemTooLong": 400,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidSecurityToken": 403,
    "MalformedPOSTRequest": 400,
    "MethodNotAllowed": 405,
    "RequestIsNotMultiPartContent": 400,
    "SignatureDoesNotMatch": 403,
}
"""The HTTP status of each code."""

_MALFORMED_FORM_RESPONSE = (
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
)
_TOO_LARGE_RESPONSE = ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
_RESPONSE_BY_SHARED_ERROR: Mapping[type[Exception], tuple[str, str]] = {
    UnknownAccessKeyError: (
        "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.",
    ),
    InvalidSecurityTokenError: (
        "InvalidSecurityToken",
        "The security token you provided is invalid.",
    ),
    SignatureMismatchError: (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
    ),
    BodyTooLargeError: _TOO_LARGE_RESPONSE,
    NotAFormError: (
        "RequestIsNotMultiPartContent",
        "Bucket POST must be of the enclosure-type multipart/form-data.",
    ),
    MalformedFormError: _MALFORMED_FORM_RESPONSE,
    TooManyFieldsError: _MALFORMED_FORM_RESPONSE,
    MissingFileError: _MALFORMED_FORM_RESPONSE,
    FieldTooLongError: ("FieldItemTooLong", "A form field is longer than {0.max_bytes} bytes."),
    FileTooLargeError: _TOO_LARGE_RESPONSE,
    FileTooSmallError: (
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size.",
    ),
    MissingFieldError: (
        "InvalidArgument",
        "Bucket POST must contain a field named '{0.name}', before the file.",
    ),
    PolicyExpiredError: ("AccessDenied", "Invalid according to Policy: Policy expired."),
    PolicyConditionError: (
        "AccessDenied",
        "Invalid according to Policy: Policy Condition failed: "
        '["{0.comparison}", "${0.field}", ...]',
    ),
}
REQUEST_ERRORS: tuple[type[Exception], ...] = (IdVerificationError, *_RESPONSE_BY_SHARED_ERROR)
"""The errors that an upload can end with."""


def to_upload_error(error: Exception) -> IdVerificationError:
    """Convert one of REQUEST_ERRORS to an error of the upload target."""
    if isinstance(error, IdVerificationError):
        return error
    code, message = _RESPONSE_BY_SHARED_ERROR[type(error)]
    return IdVerificationError(code, message.format(error))
