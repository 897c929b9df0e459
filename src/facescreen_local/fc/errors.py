"""Function Compute's errors: statuses, codes and messages."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from facescreen_local.auth.acs3 import NonceUsedError, TooManyParametersError, UnsignedHeaderError
from facescreen_local.auth.clock import ClockSkewError, MalformedDateError
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from facescreen_local.auth.headers import MalformedAuthorizationError, MissingHeaderError
from facescreen_local.protocol.body import BodyTooLargeError
from facescreen_local.protocol.service import ServiceError

REQUEST_ID_HEADER = "x-fc-request-id"
"""The header with the request id, which every response has."""


class FcError(ServiceError):
    """An error response of Function Compute."""


def function_not_found_error(name: str) -> FcError:
    """404 FunctionNotFound."""
    return FcError(404, "FunctionNotFound", f"function {name[:128]!r} does not exist")


def build_error_response(status: int, body: Mapping[str, str], request_id: str) -> web.Response:
    """Return an error response with `body` as JSON."""
    return web.json_response(dict(body), status=status, headers={REQUEST_ID_HEADER: request_id})


_SIGNATURE_MISMATCH_RESPONSE = (
    403,
    "SignatureNotMatch",
    "The request signature we calculated does not match the signature you provided. "
    "Check your access key and signing method",
)
_INVALID_TOKEN_RESPONSE = (403, "InvalidSecurityToken", "the security token is not valid")
# UNCONFIRMED: the codes of dates, wrong tokens and nonces; that of a nonce is the API gateway's.
_RESPONSE_BY_SHARED_ERROR: Mapping[type[Exception], tuple[int, str, str]] = {
    BodyTooLargeError: (
        400,
        "EntityTooLarge",
        "payload size exceeds maximum allowed size ({0.max_bytes} bytes)",
    ),
    MissingHeaderError: (
        400,
        "MissingRequiredHeader",
        "required HTTP header {0.name} was not specified",
    ),
    MalformedAuthorizationError: (400, "InvalidArgument", "invalid authorization"),
    MalformedDateError: (
        400,
        "InvalidArgument",
        "the request's date is not of the form {0.date_format}",
    ),
    ClockSkewError: (
        403,
        "RequestExpired",
        "the difference between the request time and the current time is too large",
    ),
    UnknownAccessKeyError: (403, "InvalidAccessKeyID", "invalid access key ID {0.access_key_id!r}"),
    MissingSecurityTokenError: _INVALID_TOKEN_RESPONSE,
    InvalidSecurityTokenError: _INVALID_TOKEN_RESPONSE,
    UnsignedHeaderError: _SIGNATURE_MISMATCH_RESPONSE,
    SignatureMismatchError: _SIGNATURE_MISMATCH_RESPONSE,
    NonceUsedError: (400, "SignatureNonceUsed", "the signature nonce was used already"),
    TooManyParametersError: (400, "InvalidArgument", "too many query parameters"),
}
REQUEST_ERRORS: tuple[type[Exception], ...] = (FcError, *_RESPONSE_BY_SHARED_ERROR)
"""The errors that a request can end with: the service's own and those of shared code."""


def to_fc_error(error: Exception) -> FcError:
    """Convert one of REQUEST_ERRORS to Function Compute's error."""
    if isinstance(error, FcError):
        return error
    status, code, message = _RESPONSE_BY_SHARED_ERROR[type(error)]
    return FcError(status, code, message.format(error))
