"""A function of Function Compute 2.0, in a service, by the vendor's aliyun-fc2."""

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

_TIMEOUT_S = 5
_HEADERS = {"x-fc-invocation-type": "Async"}


@dataclass(frozen=True)
class Fc2Invoker(FunctionComputeInvoker):
    """The port Invoker."""

    endpoint: str
    """Base URL: the account's own, as ``https://<uid>.<region>.fc.aliyuncs.com``."""
    service: str
    function: str
    credentials: CredentialSource

    def _invoke(self, payload: bytes) -> None:
        with self._client() as client:
            client.invoke_function(self.service, self.function, payload, headers=_HEADERS)

    def _handler(self) -> str:
        with self._client() as client:
            return str(client.get_function(self.service, self.function).data["handler"])

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """The vendor's, with its errors as ours."""
        import requests
        from fc2 import client, fc_exceptions

        # It logs headers, a token among them, and retries with pauses that can't be set.
        client.logging = logging.getLogger("fc2")
        client.logging.setLevel(logging.CRITICAL)
        client.retries = 0
        now = self.credentials.get()
        try:
            yield client.Client(
                endpoint=self.endpoint,
                accessKeyID=now.access_key_id,
                accessKeySecret=now.access_key_secret,
                securityToken=now.security_token,
                Timeout=_TIMEOUT_S,
            )
        except fc_exceptions.FcError as error:
            raise build_error(int(error.status_code or 0), str(error.err_code or "")) from None
        except requests.RequestException as error:  # an answer that is no JSON, too
            what = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"Function Compute can't be reached ({what})"
            ) from None

    def _absent(self) -> str:
        return (
            f"there is no function {self.function!r} in a service {self.service!r}: "
            "set FC_FUNCTION, FC_SERVICE and OSS_REGION"
        )
