"""OSS's errors: statuses, codes and messages from its API reference."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.auth.clock import (
    ClockSkewError,
    MalformedDateError,
    RequestExpiredError,
    RequestNotYetValidError,
)
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
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
    InvalidPolicyError,
    MissingFieldError,
    PolicyConditionError,
    PolicyExpiredError,
)
from facescreen_local.protocol.xml_body import MalformedXmlError, UnexpectedElementError


class OssError(Exception):
    """An error response of OSS.

    `details` are the elements after Message in the XML body; `headers` are response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class NoSuchKeyError(OssError):
    """404 NoSuchKey: there is no such object, or its current version is a delete marker."""

    def __init__(self, key: str, headers: Mapping[str, str] | None = None) -> None:
        message = "The specified key does not exist."
        super().__init__(404, "NoSuchKey", message, {"Key": key}, headers)


class DeleteMarkerError(OssError):
    """405 MethodNotAllowed: the requested version is a delete marker."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        message = "The specified method is not allowed against this resource."
        super().__init__(405, "MethodNotAllowed", message, headers=headers)


def access_denied_error(message: str) -> OssError:
    """403 AccessDenied."""
    return OssError(403, "AccessDenied", message)


def unsigned_access_denied_error() -> OssError:
    """403 AccessDenied for an unsigned request."""
    return access_denied_error("You have no right to access this object because of bucket acl.")


def invalid_argument_error(name: str, value: str, message: str) -> OssError:
    """400 InvalidArgument with the argument's name and value."""
    details = {"ArgumentName": name, "ArgumentValue": value}
    return OssError(400, "InvalidArgument", message, details)


def malformed_xml_error() -> OssError:
    """400 MalformedXML."""
    message = "The XML you provided was not well-formed or did not validate against our schema."
    return OssError(400, "MalformedXML", message)


def no_such_bucket_error(name: str) -> OssError:
    """404 NoSuchBucket."""
    message = "The specified bucket does not exist."
    return OssError(404, "NoSuchBucket", message, {"BucketName": name})


def no_such_version_error(key: str, version_id: str) -> OssError:
    """404 NoSuchVersion."""
    details = {"Key": key, "VersionId": version_id}
    return OssError(404, "NoSuchVersion", "The specified version does not exist.", details)


def not_implemented_error(what: str) -> OssError:
    """501 NotImplemented: the real service has it, this one does not."""
    return OssError(501, "NotImplemented", f"{what} is not implemented.")


def precondition_failed_error(condition: str) -> OssError:
    """412 PreconditionFailed."""
    message = "At least one of the pre-conditions you specified did not hold."
    return OssError(412, "PreconditionFailed", message, {"Condition": condition})


_UNKNOWN_KEY_ERROR = OssError(
    403,
    "InvalidAccessKeyId",
    "The OSS Access Key Id you provided does not exist in our records.",
    {"OSSAccessKeyId": "{0.access_key_id}"},
)
_TOO_LARGE_MESSAGE = "Your proposed upload exceeds the maximum allowed size."
# ``{0}`` is replaced by the error, ``{0.name}`` by its attribute.
_OSS_ERROR_BY_SHARED_ERROR: Mapping[type[Exception], OssError] = {
    UnknownAccessKeyError: _UNKNOWN_KEY_ERROR,
    # OSS does not know a temporary key without its token.
    MissingSecurityTokenError: _UNKNOWN_KEY_ERROR,
    InvalidSecurityTokenError: OssError(
        403, "InvalidSecurityToken", "The security token you provided is invalid."
    ),
    SignatureMismatchError: OssError(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        {"SignatureProvided": "{0.presented}"},
    ),
    MalformedDateError: access_denied_error("OSS authentication requires a valid Date."),
    ClockSkewError: OssError(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
    RequestNotYetValidError: access_denied_error("Request is not yet valid."),
    RequestExpiredError: access_denied_error("Request has expired."),
    BodyTooLargeError: OssError(
        400, "EntityTooLarge", _TOO_LARGE_MESSAGE, {"MaxSizeAllowed": "{0.max_bytes}"}
    ),
    MalformedXmlError: malformed_xml_error(),
    UnexpectedElementError: malformed_xml_error(),
    NotAFormError: OssError(
        400,
        "RequestIsNotMultiPartContent",
        "Bucket POST must be of the enclosure-type multipart/form-data.",
    ),
    MalformedFormError: OssError(
        400,
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    ),
    FieldTooLongError: OssError(
        400, "FieldItemTooLong", "Your form field is larger than {0.max_bytes} bytes."
    ),
    TooManyFieldsError: OssError(400, "InvalidArgument", "A form may have {0.max_fields} fields."),
    MissingFileError: OssError(
        400,
        "IncorrectNumberOfFilesInPOSTRequest",
        "POST requires exactly one file upload per request.",
    ),
    FileTooLargeError: OssError(400, "EntityTooLarge", _TOO_LARGE_MESSAGE),
    FileTooSmallError: OssError(
        400,
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size.",
    ),
    MissingFieldError: invalid_argument_error(
        "{0.name}",
        "",
        "Bucket POST must contain a field named '{0.name}'. "
        "If it is specified, please check the order of the fields.",
    ),
    InvalidPolicyError: OssError(400, "InvalidPolicyDocument", "Invalid Policy: {0}"),
    PolicyExpiredError: access_denied_error("Invalid according to Policy: Policy expired."),
    PolicyConditionError: access_denied_error(
        'Invalid according to Policy: Policy Condition failed: ["{0.comparison}", "${0.field}"]'
    ),
}
REQUEST_ERRORS: tuple[type[Exception], ...] = (OssError, *_OSS_ERROR_BY_SHARED_ERROR)
"""The errors that a request can end with: the service's own and those of shared code."""


def to_oss_error(error: Exception) -> OssError:
    """Convert one of REQUEST_ERRORS to OSS's error."""
    if isinstance(error, OssError):
        return error
    row = _OSS_ERROR_BY_SHARED_ERROR[type(error)]
    details = {name: value.format(error) for name, value in row.details.items()}
    return OssError(row.status, row.code, row.message.format(error), details)
