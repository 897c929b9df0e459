"""Alibaba Cloud's API gateway: checks a request's ACS3 signature, date and nonce before it reaches
the service (id-verification-api.md, "Signature")."""

from __future__ import annotations

from facescreen.clients.acs3 import hash_payload
from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.acs3 import BODY_HASH_HEADER, Acs3Authenticator
from facescreen_local.id_verification.request import RequestParameters, parse_parameters
from facescreen_local.protocol.request import RequestHead

_SIGNED_HEADERS = (
    "host",
    "x-acs-action",
    BODY_HASH_HEADER,
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)


class ApiGateway:
    """Accepts each request once, if a key of the account signed it."""

    def __init__(self, account: LocalAccount) -> None:
        self._authenticator = Acs3Authenticator(account, _SIGNED_HEADERS)

    def authenticate(self, head: RequestHead, body: bytes) -> RequestParameters:
        """Check the request's signature and return its parameters.

        Raises one of REQUEST_ERRORS.
        """
        query = dict(parse_parameters(head.query))
        self._authenticator.authenticate(
            head.method, "/", head.query, head.headers, hash_payload(body)
        )
        return RequestParameters(query, dict(parse_parameters(body.decode("latin-1"))))
