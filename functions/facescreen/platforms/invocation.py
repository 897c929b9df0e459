"""Makes an invocation look the same on Function Compute and on Lambda: as Powertools reads it.

Contexts: function-compute.md, "Runtime". Function Compute gives neither a deadline nor an ARN;
its Python 3.12 runtime gives credentials in the environment alone.
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
_LAST_S = 1.0
"""Kept back from each invocation, to end in order before the platform kills it."""


@dataclass(frozen=True)
class LambdaLike:
    """What Powertools and the handlers read of a Lambda context."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str
    _ends: float = field(repr=False)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the platform ends this invocation."""
        return max(0, round((self._ends - time.monotonic()) * 1000))

    @property
    def deadline(self) -> Deadline:
        """When our own work must be done."""
        return Deadline(self._ends - _LAST_S)


@dataclass
class InvocationCredentials:
    """A CredentialSource that holds what the running invocation was given."""

    _now: Credentials | None = None

    def renew(self, context: Any) -> None:
        """Takes them from a Function Compute context (3.10), or else the environment (3.12)."""
        given: Any = getattr(context, "credentials", None)
        if getattr(given, "access_key_id", ""):
            self._now = Credentials(
                given.access_key_id, given.access_key_secret, given.security_token or ""
            )
        else:
            self._now = Credentials(
                os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
                os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
                os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
            )

    def get(self) -> Credentials:
        """The invocation's credentials."""
        if self._now is None or not self._now.access_key_id:
            raise InvalidCredentialsError(
                "no credentials: give the function a role, or set ALIBABA_CLOUD_ACCESS_KEY_ID "
                "and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
            )
        return self._now


def adapt(context: Any) -> LambdaLike:
    """The context of an invocation that starts now, whichever platform's."""
    if hasattr(context, "get_remaining_time_in_millis"):
        return _of_lambda(context)
    function = context.function
    name = function.name
    return LambdaLike(
        function_name=name,
        memory_limit_in_mb=int(getattr(function, "memory", 0) or 0),
        invoked_function_arn=f"acs:fc:{context.region}:{context.account_id}:functions/{name}",
        aws_request_id=context.request_id,
        _ends=time.monotonic() + float(getattr(function, "timeout", 0) or _DEFAULT_TIMEOUT_S),
    )


def _of_lambda(context: Any) -> LambdaLike:
    return LambdaLike(
        function_name=context.function_name,
        memory_limit_in_mb=int(context.memory_limit_in_mb),
        invoked_function_arn=context.invoked_function_arn,
        aws_request_id=context.aws_request_id,
        _ends=time.monotonic() + context.get_remaining_time_in_millis() / 1000,
    )
