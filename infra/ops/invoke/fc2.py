"""A function of Function Compute 2.0, in a service, by the vendor's aliyun-fc2."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen import errors
from facescreen.invoke import check_size
from facescreen.invoke.fc import LARGEST_EVENT, WHOSE_LIMIT, refusal
from facescreen.retry import persistently

if TYPE_CHECKING:
    from facescreen.credentials import CredentialSource

_TIMEOUT_S = 5
_HEADERS = {"x-fc-invocation-type": "Async"}


@dataclass(frozen=True)
class Fc2Invoker:
    """The port Invoker."""

    endpoint: str
    """Base URL: the account's own, as ``https://<uid>.<region>.fc.aliyuncs.com``."""
    service: str
    function: str
    credentials: CredentialSource

    def submit(self, payload: bytes) -> None:
        """Raises errors.BadSettings where there is no such service or function."""
        check_size(payload, LARGEST_EVENT, WHOSE_LIMIT)
        try:
            persistently(lambda: self._submit(payload))
        except errors.ObjectGone:
            raise errors.BadSettings(
                f"there is no function {self.function!r} in a service {self.service!r}: "
                "set FC_FUNCTION, FC_SERVICE and OSS_REGION"
            ) from None

    def _submit(self, payload: bytes) -> None:
        import requests  # noqa: PLC0415 - slow, all of them
        from fc2 import fc_exceptions  # noqa: PLC0415

        try:
            self._client().invoke_function(self.service, self.function, payload, headers=_HEADERS)
        except fc_exceptions.FcError as error:
            raise refusal(int(error.status_code or 0), str(error.err_code or "")) from None
        except requests.RequestException as error:  # an answer that is no JSON, too
            what = type(error).__name__
            raise errors.Unavailable(f"Function Compute can't be reached ({what})") from None

    def _client(self) -> Any:
        from fc2 import client  # noqa: PLC0415

        # It logs headers, a token among them, and retries with pauses that can't be set.
        client.logging = logging.getLogger("fc2")
        client.logging.setLevel(logging.CRITICAL)
        client.retries = 0
        now = self.credentials.get()
        return client.Client(
            endpoint=self.endpoint,
            accessKeyID=now.access_key_id,
            accessKeySecret=now.access_key_secret,
            securityToken=now.security_token,
            Timeout=_TIMEOUT_S,
        )
