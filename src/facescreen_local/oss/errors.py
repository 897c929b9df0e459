"""OSS's errors: statuses, codes and texts of its API reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from facescreen_local.auth.clock import (
    HTTP_DATE,
    ClockSkewError,
    MalformedDateError,
    RequestExpiredError,
    RequestNotYetValidError,
)
from facescreen_local.auth.credentials import (
    AccessKeyError,
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from facescreen_local.protocol.body import BodyTooLargeError
from facescreen_local.protocol.xml_body import MalformedXmlError, UnexpectedElementError


class OssError(Exception):
    """What a request is answered with instead of a result.

    `details` are the elements that follow Message in the XML body, `headers` go with the answer.
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


class NoSuchKey(OssError):
    """404: there is no such object, or its current version is a delete marker."""

    def __init__(self, key: str, headers: Mapping[str, str] | None = None) -> None:
        text = "The specified key does not exist."
        super().__init__(404, "NoSuchKey", text, {"Key": key}, headers)


class MarkedDeleted(OssError):
    """405: the version that was named is a delete marker."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        text = "The specified method is not allowed against this resource."
        super().__init__(405, "MethodNotAllowed", text, headers=headers)


def access_denied(message: str) -> OssError:
    """403 AccessDenied."""
    return OssError(403, "AccessDenied", message)


def private() -> OssError:
    """403 for those who sign nothing."""
    return access_denied("You have no right to access this object because of bucket acl.")


def invalid_argument(name: str, value: str, message: str) -> OssError:
    """400 InvalidArgument, naming the argument."""
    details = {"ArgumentName": name, "ArgumentValue": value}
    return OssError(400, "InvalidArgument", message, details)


def malformed_xml() -> OssError:
    """400 MalformedXML."""
    text = "The XML you provided was not well-formed or did not validate against our schema."
    return OssError(400, "MalformedXML", text)


def no_such_bucket(name: str) -> OssError:
    """404 NoSuchBucket."""
    text = "The specified bucket does not exist."
    return OssError(404, "NoSuchBucket", text, {"BucketName": name})


def no_such_version(key: str, version_id: str) -> OssError:
    """404 NoSuchVersion."""
    details = {"Key": key, "VersionId": version_id}
    return OssError(404, "NoSuchVersion", "The specified version does not exist.", details)


def not_implemented(what: str) -> OssError:
    """501 NotImplemented: the real service knows it, this one does not."""
    return OssError(501, "NotImplemented", f"{what} is not implemented.")


def precondition_failed(condition: str) -> OssError:
    """412 PreconditionFailed."""
    text = "At least one of the pre-conditions you specified did not hold."
    return OssError(412, "PreconditionFailed", text, {"Condition": condition})


def _unknown_key(error: AccessKeyError) -> OssError:
    text = "The OSS Access Key Id you provided does not exist in our records."
    return OssError(403, "InvalidAccessKeyId", text, {"OSSAccessKeyId": error.access_key_id})


def _invalid_token(_: InvalidSecurityTokenError) -> OssError:
    return OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.")


def _signature_mismatch(error: SignatureMismatchError) -> OssError:
    text = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    details = {"SignatureProvided": error.presented}
    return OssError(403, "SignatureDoesNotMatch", text, details)


def _malformed_date(error: MalformedDateError) -> OssError:
    header = "Date" if error.form == HTTP_DATE else "x-oss-date"
    return access_denied(f"OSS authentication requires a valid {header}.")


def _clock_skew(_: ClockSkewError) -> OssError:
    text = "The difference between the request time and the current time is too large."
    return OssError(403, "RequestTimeTooSkewed", text)


def _too_large(error: BodyTooLargeError) -> OssError:
    text = "Your proposed upload exceeds the maximum allowed size."
    return OssError(400, "EntityTooLarge", text, {"MaxSizeAllowed": str(error.max_bytes)})


_SHARED: Mapping[type[Exception], Callable[[Any], OssError]] = {
    UnknownAccessKeyError: _unknown_key,
    # Without its token, a temporary key is one that OSS has never heard of.
    MissingSecurityTokenError: _unknown_key,
    InvalidSecurityTokenError: _invalid_token,
    SignatureMismatchError: _signature_mismatch,
    MalformedDateError: _malformed_date,
    ClockSkewError: _clock_skew,
    RequestNotYetValidError: lambda _: access_denied("Request is not yet valid."),
    RequestExpiredError: lambda _: access_denied("Request has expired."),
    BodyTooLargeError: _too_large,
    MalformedXmlError: lambda _: malformed_xml(),
    UnexpectedElementError: lambda _: malformed_xml(),
}
ERRORS: tuple[type[Exception], ...] = (OssError, *_SHARED)
"""What a request may fail with: errors of the service's own, and of the code that all share."""


def to_oss_error(error: Exception) -> OssError:
    """One of ERRORS in OSS's words."""
    return error if isinstance(error, OssError) else _SHARED[type(error)](error)
