"""A function of Function Compute 3.0, as another function reaches it: over HTTP, without an SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from facescreen import errors
from facescreen.bus.ports import check_size
from facescreen.clients.acs3 import Call, sign
from facescreen.timing import retry

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource

LARGEST_EVENT = 128 * 1024
"""Bytes (function-compute.md, "Runtime")."""
WHOSE_LIMIT = "asynchronous invocations of Function Compute"
_TIMEOUT_S = 5.0
_SIGNATURE_CODES = ("SignatureDoesNotMatch", "SignatureNotMatch", "InvalidAccessKeyID")


class FcInvoker:
    """The port Invoker. Source: Function Compute 3.0 API, InvokeFunction."""

    def __init__(self, credentials: CredentialSource, *, endpoint: str, function: str) -> None:
        """`endpoint` is a base URL."""
        self._credentials = credentials
        self._endpoint = endpoint
        self._function = function

    def submit(self, payload: bytes) -> None:
        """Raises errors.InvalidSettingsError where there is no such function."""
        check_size(payload, LARGEST_EVENT, WHOSE_LIMIT)
        retry(lambda: self._submit(payload))

    def _submit(self, payload: bytes) -> None:
        call = Call(
            "InvokeFunction",
            "2023-03-30",
            "POST",
            f"/2023-03-30/functions/{self._function}/invocations",
            headers={"content-type": "application/json", "x-fc-invocation-type": "Async"},
            body=payload,
        )
        signed = sign(call, self._endpoint, self._credentials.get())
        try:
            # A connection of its own: a kept one would not outlive the pause between two sweeps.
            answer = httpx.request(
                signed.method,
                signed.url,
                headers=dict(signed.headers),
                content=signed.body,
                timeout=_TIMEOUT_S,
            )
        except httpx.TransportError as error:
            what = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"Function Compute can't be reached ({what})"
            ) from None
        if not answer.is_success:
            raise self._refusal(answer)

    def _refusal(self, answer: httpx.Response) -> errors.FacescreenError:
        if answer.status_code == httpx.codes.NOT_FOUND:
            return errors.InvalidSettingsError(
                f"there is no function {self._function!r}: set SWEEP_FUNCTION, or SWEEP_ENDPOINT"
            )
        return refusal(answer.status_code, _code(answer))


def refusal(status: int, code: str) -> errors.FacescreenError:
    """What an answer that is an error says, of either version; ObjectNotFoundError for what isn't
    there."""
    return _kind(status, code)("Function Compute refused", code=code)


def _kind(status: int, code: str) -> type[errors.FacescreenError]:
    if code in _SIGNATURE_CODES:
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


def _code(answer: httpx.Response) -> str:
    """Empty where a proxy's page came."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    return str(said.get("Code", "")) if isinstance(said, dict) else ""
