"""Adapts the invocation contexts of Function Compute and Lambda to what Powertools expects.

Contexts: function-compute.md, "Runtime". Function Compute provides neither a deadline nor an ARN;
its Python 3.12 runtime provides credentials only in the environment.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from facescreen.clients.credentials import Credentials
from facescreen.errors import InvalidCredentialsError
from facescreen.timing import Deadline

_DEFAULT_TIMEOUT_S = 60
_SHUTDOWN_MARGIN_S = 1.0
"""Reserved at the end of each invocation, to finish before the platform kills it."""


@dataclass(frozen=True)
class InvocationContext:
    """The attributes of a Lambda context that Powertools and the handlers read."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str
    _ends_at: float = field(repr=False)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the platform ends this invocation."""
        return max(0, round((self._ends_at - time.monotonic()) * 1000))

    @property
    def deadline(self) -> Deadline:
        """When our own work must be finished."""
        return Deadline(self._ends_at - _SHUTDOWN_MARGIN_S)


@dataclass
class InvocationCredentials:
    """A CredentialSource with the credentials of the current invocation."""

    _current: Credentials | None = None

    def refresh(self, context: Any) -> None:
        """Read the credentials from a Function Compute context (Python 3.10), or from the
        environment (3.12)."""
        context_credentials: Any = getattr(context, "credentials", None)
        if getattr(context_credentials, "access_key_id", ""):
            self._current = Credentials(
                context_credentials.access_key_id,
                context_credentials.access_key_secret,
                context_credentials.security_token or "",
            )
        else:
            self._current = Credentials(
                os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
                os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
                os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
            )

    def get(self) -> Credentials:
        """Return the invocation's credentials. Raises InvalidCredentialsError."""
        if self._current is None or not self._current.access_key_id:
            raise InvalidCredentialsError(
                "no credentials: give the function a role, or set ALIBABA_CLOUD_ACCESS_KEY_ID "
                "and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
            )
        return self._current


def adapt_context(context: Any) -> InvocationContext:
    """Adapt the context of an invocation that starts now, on either platform."""
    if hasattr(context, "get_remaining_time_in_millis"):
        return _adapt_lambda_context(context)
    function = context.function
    name = function.name
    return InvocationContext(
        function_name=name,
        memory_limit_in_mb=int(getattr(function, "memory", 0) or 0),
        invoked_function_arn=f"acs:fc:{context.region}:{context.account_id}:functions/{name}",
        aws_request_id=context.request_id,
        _ends_at=time.monotonic() + float(getattr(function, "timeout", 0) or _DEFAULT_TIMEOUT_S),
    )


def _adapt_lambda_context(context: Any) -> InvocationContext:
    return InvocationContext(
        function_name=context.function_name,
        memory_limit_in_mb=int(context.memory_limit_in_mb),
        invoked_function_arn=context.invoked_function_arn,
        aws_request_id=context.aws_request_id,
        _ends_at=time.monotonic() + context.get_remaining_time_in_millis() / 1000,
    )
