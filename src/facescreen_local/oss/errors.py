"""OSS's errors: statuses, codes and texts of its API reference."""

from __future__ import annotations

from collections.abc import Mapping


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
