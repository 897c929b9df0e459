"""A function of Function Compute 3.0, by the vendor's alibabacloud-fc20230330."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen import errors
from facescreen.invoke import check_size
from facescreen.invoke.fc import LARGEST_EVENT, WHOSE_LIMIT
from facescreen.retry import persistently

if TYPE_CHECKING:
    from facescreen.credentials import CredentialSource


@dataclass(frozen=True)
class Fc3Invoker:
    """The port Invoker."""

    endpoint: str
    """Base URL."""
    function: str
    credentials: CredentialSource

    def submit(self, payload: bytes) -> None:
        """Raises errors.BadSettings where there is no such function."""
        check_size(payload, LARGEST_EVENT, WHOSE_LIMIT)
        try:
            persistently(lambda: self._submit(payload))
        except errors.ObjectGone:
            raise errors.BadSettings(
                f"there is no function {self.function!r}: set FC_FUNCTION and OSS_REGION"
            ) from None

    def _submit(self, payload: bytes) -> None:
        from alibabacloud_fc20230330 import models  # noqa: PLC0415 - it is slow
        from darabonba.runtime import RuntimeOptions  # noqa: PLC0415

        from infra.ops.function_compute import connect, fc_errors  # noqa: PLC0415

        # A client for each: it is cheap, and a token runs out while a long backfill goes on.
        client: Any = connect(self.endpoint, self.credentials.get())
        asked = models.InvokeFunctionRequest(body=payload)
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Async")
        with fc_errors():
            client.invoke_function_with_options(self.function, asked, headers, RuntimeOptions())
