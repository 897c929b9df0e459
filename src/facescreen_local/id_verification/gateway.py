"""What Alibaba Cloud's API gateway checks before a request reaches the service: the ACS3 signature,
its date and its nonce (id-verification-api.md, "Signature")."""

from __future__ import annotations

from facescreen.clients.acs3 import payload_hash
from facescreen_local.auth.account import Identity
from facescreen_local.auth.acs3 import BODY_HASH_HEADER, Acs3Authenticator
from facescreen_local.id_verification.request import Parameters, pairs
from facescreen_local.protocol.request import RequestHead

_SIGNED = (
    "host",
    "x-acs-action",
    BODY_HASH_HEADER,
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)


class Gateway:
    """Lets each request in once, if its caller holds a key of the account."""

    def __init__(self, identity: Identity) -> None:
        self._authenticator = Acs3Authenticator(identity, _SIGNED)

    def admit(self, head: RequestHead, body: bytes) -> Parameters:
        """Check who sent the request, and read its parameters. Raises one of ERRORS."""
        query = dict(pairs(head.query))
        self._authenticator.check(head.method, "/", head.query, head.headers, payload_hash(body))
        return Parameters(query, dict(pairs(body.decode("latin-1"))))
