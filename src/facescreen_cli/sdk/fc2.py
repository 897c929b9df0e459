"""Invokes a function of Function Compute 2.0 with the vendor's aliyun-fc2."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from facescreen import errors
from facescreen.bus.function_compute import build_error
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.sdk.function_compute_invoker import FunctionComputeInvoker

_REQUEST_TIMEOUT_S = 5
_ASYNC_INVOCATION_HEADERS = {"x-fc-invocation-type": "Async"}


@dataclass(frozen=True)
class Fc2Invoker(FunctionComputeInvoker):
    """The port Invoker."""

    endpoint: str
    """The account's base URL: ``https://<uid>.<region>.fc.aliyuncs.com``."""
    service: str
    function: str
    credentials: CredentialSource

    def _invoke(self, payload: bytes) -> None:
        with self._connect() as client:
            client.invoke_function(
                self.service, self.function, payload, headers=_ASYNC_INVOCATION_HEADERS
            )

    def _get_handler(self) -> str:
        with self._connect() as client:
            return str(client.get_function(self.service, self.function).data["handler"])

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        """A client of the SDK, with its errors translated into ours."""
        import requests
        from fc2 import client, fc_exceptions

        # The SDK logs headers with a token, and retries with fixed pauses.
        client.logging = logging.getLogger("fc2")
        client.logging.setLevel(logging.CRITICAL)
        client.retries = 0
        current_credentials = self.credentials.get()
        try:
            yield client.Client(
                endpoint=self.endpoint,
                accessKeyID=current_credentials.access_key_id,
                accessKeySecret=current_credentials.access_key_secret,
                securityToken=current_credentials.security_token,
                Timeout=_REQUEST_TIMEOUT_S,
            )
        except fc_exceptions.FcError as error:
            raise build_error(int(error.status_code or 0), str(error.err_code or "")) from None
        except requests.RequestException as error:  # also raised if the response is not JSON
            error_name = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"Function Compute can't be reached ({error_name})"
            ) from None

    def _not_found_message(self) -> str:
        return (
            f"there is no function {self.function!r} in a service {self.service!r}: "
            "set FC_FUNCTION, FC_SERVICE and OSS_REGION"
        )
