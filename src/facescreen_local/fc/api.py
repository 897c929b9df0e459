"""The two versions of the API: what is asked, how it is signed, and what errors look like."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from facescreen_local.auth.account import Identity
from facescreen_local.auth.acs3 import BODY_HASH_HEADER, Acs3Authenticator, check_body_hash
from facescreen_local.fc import fc_signature
from facescreen_local.protocol.operations import resource_pattern
from facescreen_local.protocol.request import RequestHead

LATEST = "LATEST"
_FC2 = "/2016-08-15"
_FC3 = "/2023-03-30"


@dataclass(frozen=True)
class Target:
    """A resource of the API, and which function it is of; empty where it is of none."""

    resource: str = ""
    """The path with a ``*`` for each name: ``/2023-03-30/functions/*/invocations``."""
    function: str = ""
    qualifier: str = LATEST


def is_fc2(head: RequestHead) -> bool:
    """Whether FC 2.0 is asked; all else is for FC 3.0 to answer."""
    return head.path.startswith(f"{_FC2}/")


class Api(ABC):
    """One version of the API."""

    @abstractmethod
    def target(self, head: RequestHead) -> Target:
        """Read what the path asks for."""

    @abstractmethod
    def authorize(self, head: RequestHead) -> None:
        """Check that the head is signed by a key of the account. Raises one of ERRORS."""

    @abstractmethod
    def authorize_body(self, head: RequestHead, body: bytes) -> None:
        """Check the body against what was signed of it. Raises SignatureMismatchError."""

    @abstractmethod
    def error(self, code: str, message: str, request_id: str) -> dict[str, str]:
        """An error's body."""


class Fc3Api(Api):
    """2023-03-30: function-compute.md, "FC's own API"."""

    _PATH = re.compile(rf"{_FC3}(?P<path>(?:/functions/(?P<function>[^/]+))?(?:/.*)?)")
    _SIGNED = ("host", "x-acs-date", BODY_HASH_HEADER, "x-acs-signature-nonce")

    def __init__(self, identity: Identity) -> None:
        self._authenticator = Acs3Authenticator(
            identity, self._SIGNED, allow_fractional_seconds=True
        )

    def target(self, head: RequestHead) -> Target:
        found = self._PATH.fullmatch(head.path)
        if found is None:
            return Target()
        resource = f"{_FC3}{resource_pattern(found['path'])}"
        qualifier = parse_qs(head.query).get("qualifier", [LATEST])[0]
        return Target(resource, unquote(found["function"] or ""), qualifier)

    def authorize(self, head: RequestHead) -> None:
        self._authenticator.authenticate(
            head.method, head.path, head.query, head.headers, head.headers.get(BODY_HASH_HEADER, "")
        )

    def authorize_body(self, head: RequestHead, body: bytes) -> None:
        check_body_hash(head.headers, body)

    def error(self, code: str, message: str, request_id: str) -> dict[str, str]:
        return {"RequestId": request_id, "Code": code, "Message": message}


class Fc2Api(Api):
    """2016-08-15: as the SDK aliyun-fc2 writes and reads it.

    Here it finds the functions of FC 3.0, which has no services: under any service's name. The
    real version finds functions of FC 2.0 alone.
    """

    _PATH = re.compile(
        rf"{_FC2}(?P<path>/services/[^/.]+(?:\.(?P<qualifier>[^/]+))?"
        r"(?:/functions/(?P<function>[^/]+))?(?:/.*)?)"
    )

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def target(self, head: RequestHead) -> Target:
        found = self._PATH.fullmatch(unquote(head.path))
        if found is None:
            return Target()
        resource = f"{_FC2}{resource_pattern(found['path'])}"
        return Target(resource, found["function"] or "", found["qualifier"] or LATEST)

    def authorize(self, head: RequestHead) -> None:
        fc_signature.authenticate(head, self._identity)

    def authorize_body(self, head: RequestHead, body: bytes) -> None:
        """The scheme leaves the body out."""

    def error(self, code: str, message: str, request_id: str) -> dict[str, str]:  # noqa: ARG002
        # The request id stands in a header alone.
        return {"ErrorCode": code, "ErrorMessage": message}
