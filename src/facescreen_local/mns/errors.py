"""MNS's errors: statuses, codes and messages from its API reference."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.auth.clock import ClockSkewError, MalformedDateError
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from facescreen_local.protocol.body import BodyTooLargeError
from facescreen_local.protocol.service import ServiceError
from facescreen_local.protocol.xml_body import MalformedXmlError, UnexpectedElementError


class MnsError(ServiceError):
    """An error response of MNS."""


def invalid_argument_error(message: str) -> MnsError:
    """400 InvalidArgument."""
    return MnsError(400, "InvalidArgument", message)


def out_of_range_error(name: str, minimum: int, maximum: int, unit: str) -> MnsError:
    """400 InvalidArgument: `name` is not an integer in its range."""
    return invalid_argument_error(
        f"The value of {name} should between {minimum} and {maximum} {unit}."
    )


def invalid_url_error() -> MnsError:
    """400 InvalidRequestURL: there is no such operation."""
    return MnsError(400, "InvalidRequestURL", "Http request URL format invalid.")


def message_not_exist_error() -> MnsError:
    """404 MessageNotExist: there is nothing to receive, or the receipt handle has expired."""
    return MnsError(404, "MessageNotExist", "Message not exist.")


def queue_not_exist_error() -> MnsError:
    """404 QueueNotExist."""
    return MnsError(404, "QueueNotExist", "The queue name you provided is not exist.")


def topic_not_exist_error() -> MnsError:
    """404 TopicNotExist."""
    return MnsError(404, "TopicNotExist", "The topic name you provided is not exist.")


def subscription_not_exist_error() -> MnsError:
    """404 SubscriptionNotExist."""
    message = "The subscription name you provided is not exist."
    return MnsError(404, "SubscriptionNotExist", message)


def already_exist_error(kind: str) -> MnsError:
    """409 QueueAlreadyExist and the like: it exists with other attributes."""
    message = f"The {kind.lower()} you want to create is already exist."
    return MnsError(409, f"{kind}AlreadyExist", message)


_UNKNOWN_KEY_RESPONSE = (403, "InvalidAccessKeyId", "The AccessKey Id you provided is not exist.")
_RESPONSE_BY_SHARED_ERROR: Mapping[type[Exception], tuple[int, str, str]] = {
    BodyTooLargeError: (
        400,
        "InvalidArgument",
        "A request should have at most {0.max_bytes} bytes.",
    ),
    MalformedXmlError: (400, "MalformedXML", "The XML you provided was not well-formed."),
    UnexpectedElementError: (
        400,
        "InvalidArgument",
        "The XML you provided did not validate against our published schema, cause by {0.element}.",
    ),
    UnknownAccessKeyError: _UNKNOWN_KEY_RESPONSE,
    # MNS does not know a temporary key without its token.
    MissingSecurityTokenError: _UNKNOWN_KEY_RESPONSE,
    # UNCONFIRMED: the code that the real service has for this.
    InvalidSecurityTokenError: (
        403,
        "InvalidSecurityToken",
        "The security token you provided is invalid.",
    ),
    SignatureMismatchError: (
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    MalformedDateError: (400, "InvalidDateHeader", "The Date header format is invalid."),
    ClockSkewError: (408, "TimeExpired", "The http request you sent is expired."),
}
REQUEST_ERRORS: tuple[type[Exception], ...] = (MnsError, *_RESPONSE_BY_SHARED_ERROR)
"""The errors that a request can end with: the service's own and those of shared code."""


def to_mns_error(error: Exception) -> MnsError:
    """Convert one of REQUEST_ERRORS to MNS's error."""
    if isinstance(error, MnsError):
        return error
    status, code, message = _RESPONSE_BY_SHARED_ERROR[type(error)]
    return MnsError(status, code, message.format(error))
