"""The two versions of the API: how each reads paths, checks signatures and formats errors."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.acs3 import BODY_HASH_HEADER, Acs3Authenticator, check_body_hash
from facescreen_local.fc import fc_signature
from facescreen_local.protocol.operations import to_resource_pattern
from facescreen_local.protocol.request import RequestHead

LATEST_QUALIFIER = "LATEST"
_FC2_PREFIX = "/2016-08-15"
_FC3_PREFIX = "/2023-03-30"


@dataclass(frozen=True)
class FcRequestTarget:
    """The resource that a request names, and its function; empty if it has none."""

    resource: str = ""
    """The path with a ``*`` for each name: ``/2023-03-30/functions/*/invocations``."""
    function: str = ""
    qualifier: str = LATEST_QUALIFIER


def is_fc2(head: RequestHead) -> bool:
    """Return whether the request is for FC 2.0; FC 3.0 handles everything else."""
    return head.path.startswith(f"{_FC2_PREFIX}/")


class FcApi(ABC):
    """One version of the API."""

    @abstractmethod
    def parse_target(self, head: RequestHead) -> FcRequestTarget:
        """Parse the request's path and query."""

    @abstractmethod
    def authenticate(self, head: RequestHead) -> None:
        """Check that the head is signed by a key of the account. Raises one of REQUEST_ERRORS."""

    @abstractmethod
    def check_body(self, head: RequestHead, body: bytes) -> None:
        """Check the body against its signed hash. Raises SignatureMismatchError."""

    @abstractmethod
    def build_error_body(self, code: str, message: str, request_id: str) -> dict[str, str]:
        """Return the body of an error response."""


class Fc3Api(FcApi):
    """Version 2023-03-30: function-compute.md, "FC's own API"."""

    _PATH_PATTERN = re.compile(
        rf"{_FC3_PREFIX}(?P<path>(?:/functions/(?P<function>[^/]+))?(?:/.*)?)"
    )
    _SIGNED_HEADERS = ("host", "x-acs-date", BODY_HASH_HEADER, "x-acs-signature-nonce")

    def __init__(self, account: LocalAccount) -> None:
        self._authenticator = Acs3Authenticator(
            account, self._SIGNED_HEADERS, allow_fractional_seconds=True
        )

    def parse_target(self, head: RequestHead) -> FcRequestTarget:
        match = self._PATH_PATTERN.fullmatch(head.path)
        if match is None:
            return FcRequestTarget()
        resource = f"{_FC3_PREFIX}{to_resource_pattern(match['path'])}"
        qualifier = parse_qs(head.query).get("qualifier", [LATEST_QUALIFIER])[0]
        return FcRequestTarget(resource, unquote(match["function"] or ""), qualifier)

    def authenticate(self, head: RequestHead) -> None:
        self._authenticator.authenticate(
            head.method, head.path, head.query, head.headers, head.headers.get(BODY_HASH_HEADER, "")
        )

    def check_body(self, head: RequestHead, body: bytes) -> None:
        check_body_hash(head.headers, body)

    def build_error_body(self, code: str, message: str, request_id: str) -> dict[str, str]:
        return {"RequestId": request_id, "Code": code, "Message": message}


class Fc2Api(FcApi):
    """Version 2016-08-15, as the SDK aliyun-fc2 uses it.

    The local version finds the functions of FC 3.0, which has no services, under any service name.
    The real version finds functions of FC 2.0 only.
    """

    _PATH_PATTERN = re.compile(
        rf"{_FC2_PREFIX}(?P<path>/services/[^/.]+(?:\.(?P<qualifier>[^/]+))?"
        r"(?:/functions/(?P<function>[^/]+))?(?:/.*)?)"
    )

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    def parse_target(self, head: RequestHead) -> FcRequestTarget:
        match = self._PATH_PATTERN.fullmatch(unquote(head.path))
        if match is None:
            return FcRequestTarget()
        resource = f"{_FC2_PREFIX}{to_resource_pattern(match['path'])}"
        return FcRequestTarget(
            resource, match["function"] or "", match["qualifier"] or LATEST_QUALIFIER
        )

    def authenticate(self, head: RequestHead) -> None:
        fc_signature.authenticate(head, self._account)

    def check_body(self, head: RequestHead, body: bytes) -> None:
        """Accept any body: the signature does not cover it."""

    def build_error_body(self, code: str, message: str, request_id: str) -> dict[str, str]:  # noqa: ARG002
        # The request id is in a header only.
        return {"ErrorCode": code, "ErrorMessage": message}
