"""Invokes a function of Function Compute 3.0 from another function: over HTTP, without an SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from facescreen import errors
from facescreen.bus.ports import check_event_size
from facescreen.clients.acs3 import UnsignedRequest, sign
from facescreen.timing import retry

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource

MAX_EVENT_BYTES = 128 * 1024
"""Source: function-compute.md, "Runtime"."""
INVOCATION_NAME = "asynchronous invocations of Function Compute"
"""What error messages call the operation."""
_TIMEOUT_S = 5.0
_CREDENTIALS_ERROR_CODES = ("SignatureDoesNotMatch", "SignatureNotMatch", "InvalidAccessKeyID")


class FcInvoker:
    """Invokes a function asynchronously. Source: Function Compute 3.0 API, InvokeFunction."""

    def __init__(self, credentials: CredentialSource, *, endpoint: str, function: str) -> None:
        """`endpoint` is a base URL."""
        self._credentials = credentials
        self._endpoint = endpoint
        self._function = function

    def submit(self, payload: bytes) -> None:
        """Submit an event. Raises errors.InvalidSettingsError if there is no such function."""
        check_event_size(payload, MAX_EVENT_BYTES, INVOCATION_NAME)
        retry(lambda: self._submit_once(payload))

    def _submit_once(self, payload: bytes) -> None:
        request = UnsignedRequest(
            "InvokeFunction",
            "2023-03-30",
            "POST",
            f"/2023-03-30/functions/{self._function}/invocations",
            headers={"content-type": "application/json", "x-fc-invocation-type": "Async"},
            body=payload,
        )
        signed = sign(request, self._endpoint, self._credentials.get())
        try:
            # A new connection: a pooled one would not survive the pause between two sweeps.
            response = httpx.request(
                signed.method,
                signed.url,
                headers=dict(signed.headers),
                content=signed.body,
                timeout=_TIMEOUT_S,
            )
        except httpx.TransportError as error:
            cause = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"Function Compute can't be reached ({cause})"
            ) from None
        if not response.is_success:
            raise self._to_error(response)

    def _to_error(self, response: httpx.Response) -> errors.FacescreenError:
        if response.status_code == httpx.codes.NOT_FOUND:
            return errors.InvalidSettingsError(
                f"there is no function {self._function!r}: set SWEEP_FUNCTION, or SWEEP_ENDPOINT"
            )
        return build_error(response.status_code, _parse_error_code(response))


def build_error(status: int, code: str) -> errors.FacescreenError:
    """Build the error for a response of Function Compute 2.0 or 3.0; ObjectNotFoundError for a
    missing function."""
    return _get_error_class(status, code)("Function Compute rejected the request", code=code)


def _get_error_class(status: int, code: str) -> type[errors.FacescreenError]:
    if code in _CREDENTIALS_ERROR_CODES:
        return errors.InvalidCredentialsError
    if status == httpx.codes.NOT_FOUND:
        return errors.ObjectNotFoundError
    if status == httpx.codes.FORBIDDEN:
        return errors.AccessDeniedError
    return (
        errors.ServiceUnavailableError
        if status >= 500 or status == 429
        else errors.RequestRejectedError
    )


def _parse_error_code(response: httpx.Response) -> str:
    """Return the response's error code; empty if a proxy returned a page."""
    try:
        body = response.json()
    except ValueError:
        return ""
    return str(body.get("Code", "")) if isinstance(body, dict) else ""
