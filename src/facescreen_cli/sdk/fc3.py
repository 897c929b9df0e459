"""Invokes a function of Function Compute 3.0 with the vendor's alibabacloud-fc20230330."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from facescreen.clients.credentials import CredentialSource
from facescreen_cli.sdk.function_compute_invoker import FunctionComputeInvoker


@dataclass(frozen=True)
class Fc3Invoker(FunctionComputeInvoker):
    """The port Invoker."""

    endpoint: str
    """Base URL."""
    function: str
    credentials: CredentialSource

    def _invoke(self, payload: bytes) -> None:
        from alibabacloud_fc20230330 import models
        from darabonba.runtime import RuntimeOptions

        from facescreen_cli.sdk.function_compute import translate_fc_errors

        request = models.InvokeFunctionRequest(body=payload)
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Async")
        with translate_fc_errors():
            self._connect().invoke_function_with_options(
                self.function, request, headers, RuntimeOptions()
            )

    def _get_handler(self) -> str:
        from alibabacloud_fc20230330 import models

        from facescreen_cli.sdk.function_compute import translate_fc_errors

        with translate_fc_errors():
            response = self._connect().get_function(self.function, models.GetFunctionRequest())
        return str(response.body.handler)

    def _connect(self) -> Any:
        from facescreen_cli.sdk.function_compute import create_client

        # A new client for each request: it is cheap, and a token may expire during a long backfill.
        return create_client(self.endpoint, self.credentials.get())

    def _not_found_message(self) -> str:
        return f"there is no function {self.function!r}: set FC_FUNCTION and OSS_REGION"
