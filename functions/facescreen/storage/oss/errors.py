"""Translates oss2's errors into ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import oss2
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from facescreen import errors
from facescreen.storage.keys import build_not_found_message

if TYPE_CHECKING:
    from collections.abc import Iterator

# Why the bytes of an object can't be read with any permission.
_UNREADABLE_CODES = {
    "InvalidObjectState": "UnreadableArchive",
    "SymlinkTargetNotExist": "SymbolicLink",
    "InvalidTargetType": "SymbolicLink",  # the target is a symlink too
}
# StaleFile: another request changes the object's tags or metadata at the same moment.
_TRANSIENT_CODES = {"RequestTimeout", "StaleFile"}
# Why an image can't be converted, by the codes of OSS's image processing. All images are converted
# by the same instructions, so InvalidArgument is about the image too, such as its size afterwards.
# UNCONFIRMED which code a damaged image gets.
_REASONS_BY_CONVERSION_CODE = {
    "BadRequest": "UnqualifiedPhoto",
    "ImageTooLarge": "ToolargeImage",
    "InvalidArgument": "UnqualifiedPhoto",
}


@contextmanager
def translate_oss_errors(
    key: str, default_error_class: type[errors.FacescreenError] = errors.RequestRejectedError
) -> Iterator[None]:
    """Raise oss2's errors as ours, without a cause: theirs contain headers and strings to sign.
    `default_error_class` is the class for other error codes."""
    try:
        yield
    except oss2.exceptions.RequestError as error:
        cause = type(error.exception).__name__
        raise errors.ServiceUnavailableError(f"OSS can't be reached ({cause})") from None
    # A connection that breaks while a body is read; oss2 does not wrap these.
    except (RequestException, HTTPError) as error:
        cause = type(error).__name__
        raise errors.ServiceUnavailableError(f"OSS can't be reached ({cause})") from None
    except oss2.exceptions.OssError as error:
        if unreadable_code := _UNREADABLE_CODES.get(error.code):
            raise errors.ContentError(
                "OSS can't return the bytes", code=unreadable_code, request_id=error.request_id
            ) from None
        error_class = _get_error_class(error, default_error_class)
        message = (
            build_not_found_message(key)
            if error_class is errors.ObjectNotFoundError
            else f"OSS rejected the request: {error.message}"
        )
        raise error_class(message, code=error.code, request_id=error.request_id) from None


@contextmanager
def translate_conversion_errors(key: str) -> Iterator[None]:
    """As translate_oss_errors, for a request that converts an image. Raises ContentError if OSS
    refuses the image: a retry would not help."""
    try:
        with translate_oss_errors(key):
            yield
    except errors.RequestRejectedError as error:
        reason = _REASONS_BY_CONVERSION_CODE.get(error.code)
        if reason is None:
            raise
        raise errors.ContentError(
            f"OSS can't convert the image ({error.code})", code=reason, request_id=error.request_id
        ) from None


def _get_error_class(
    error: oss2.exceptions.OssError, default_error_class: type[errors.FacescreenError]
) -> type[errors.FacescreenError]:
    if error.code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return errors.InvalidCredentialsError
    if error.code in ("InvalidSecurityToken", "SecurityTokenExpired", "RequestTimeTooSkewed"):
        return errors.CredentialsExpiredError
    if error.status >= 500 or error.status == 429 or error.code in _TRANSIENT_CODES:
        return errors.ServiceUnavailableError
    if error.status == 404 and error.code != "NoSuchBucket":
        return errors.ObjectNotFoundError
    by_status = {
        403: errors.AccessDeniedError,
        412: errors.ObjectChangedError,
        404: errors.InvalidSettingsError,
    }
    return by_status.get(error.status, default_error_class)
