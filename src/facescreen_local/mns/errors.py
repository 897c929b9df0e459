"""MNS's errors: statuses, codes and texts of its API reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from facescreen_local.protocol.body import BodyTooLargeError
from facescreen_local.protocol.xml_body import MalformedXmlError, UnexpectedElementError


class MnsError(Exception):
    """What a request is answered with instead of a result."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def invalid_argument(message: str) -> MnsError:
    """400 InvalidArgument."""
    return MnsError(400, "InvalidArgument", message)


def out_of_range(name: str, lowest: int, highest: int, unit: str) -> MnsError:
    """400 InvalidArgument: `name` is no whole number, or none in its range."""
    return invalid_argument(f"The value of {name} should between {lowest} and {highest} {unit}.")


def malformed_xml() -> MnsError:
    """400 MalformedXML."""
    return MnsError(400, "MalformedXML", "The XML you provided was not well-formed.")


def invalid_element(name: str) -> MnsError:
    """400 InvalidArgument: an element that does not belong, is missing, or is not known here."""
    text = "The XML you provided did not validate against our published schema, cause by"
    return invalid_argument(f"{text} {name}.")


def invalid_url() -> MnsError:
    """400 InvalidRequestURL: no such operation."""
    return MnsError(400, "InvalidRequestURL", "Http request URL format invalid.")


def message_not_exist() -> MnsError:
    """404 MessageNotExist: nothing to receive, or a receipt handle that has run out."""
    return MnsError(404, "MessageNotExist", "Message not exist.")


def queue_not_exist() -> MnsError:
    """404 QueueNotExist."""
    return MnsError(404, "QueueNotExist", "The queue name you provided is not exist.")


def topic_not_exist() -> MnsError:
    """404 TopicNotExist."""
    return MnsError(404, "TopicNotExist", "The topic name you provided is not exist.")


def subscription_not_exist() -> MnsError:
    """404 SubscriptionNotExist."""
    text = "The subscription name you provided is not exist."
    return MnsError(404, "SubscriptionNotExist", text)


def already_exist(kind: str) -> MnsError:
    """409 QueueAlreadyExist and the like: the one that is there has other attributes."""
    text = f"The {kind.lower()} you want to create is already exist."
    return MnsError(409, f"{kind}AlreadyExist", text)


def _too_large(error: BodyTooLargeError) -> MnsError:
    return invalid_argument(f"A request should have at most {error.max_bytes} bytes.")


_SHARED: Mapping[type[Exception], Callable[[Any], MnsError]] = {
    BodyTooLargeError: _too_large,
    MalformedXmlError: lambda _: malformed_xml(),
    UnexpectedElementError: lambda error: invalid_element(error.element),
}
ERRORS: tuple[type[Exception], ...] = (MnsError, *_SHARED)
"""What a request may fail with: errors of the service's own, and of the code that all share."""


def to_mns_error(error: Exception) -> MnsError:
    """One of ERRORS in MNS's words."""
    return error if isinstance(error, MnsError) else _SHARED[type(error)](error)
