"""The keys that signatures are checked with."""

from __future__ import annotations

import hmac

from facescreen_local.auth.account import BadSecurityToken, Identity, UnknownAccessKey
from facescreen_local.oss.errors import OssError, invalid_argument
from facescreen_local.oss.signature import Scope


class Keyring:
    """One account's keys, for the signatures of one region."""

    def __init__(self, identity: Identity, region: str) -> None:
        self._identity = identity
        self._region = region

    def secret(self, access_key_id: str, token: str) -> str:
        """Raises OssError InvalidAccessKeyId, InvalidSecurityToken."""
        try:
            return self._identity.secret_for(access_key_id, token)
        except BadSecurityToken:
            if token:
                text = "The security token you provided is invalid."
                raise OssError(403, "InvalidSecurityToken", text) from None
            # Without its token, a temporary key is one that OSS has never heard of.
            raise _unknown_key(access_key_id) from None
        except UnknownAccessKey:
            raise _unknown_key(access_key_id) from None

    def scope(self, credential: str, moment: str) -> tuple[str, Scope]:
        """The key id in ``<key id>/<scope>``, and the scope, which can only be one.

        `moment` is ``20231216T162057Z``. Raises OssError InvalidArgument.
        """
        key_id, _, presented = credential.partition("/")
        scope = Scope(moment[:8], self._region)
        if presented != scope.path:
            text = "The credential's date, region or product does not match the request."
            raise invalid_argument("Credential", presented, text)
        return key_id, scope


def compare(presented: str, expected: str) -> None:
    """Two signatures. Raises OssError SignatureDoesNotMatch."""
    if hmac.compare_digest(presented.encode("utf-8", "surrogateescape"), expected.encode()):
        return
    text = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    raise OssError(403, "SignatureDoesNotMatch", text, {"SignatureProvided": presented})


def _unknown_key(access_key_id: str) -> OssError:
    text = "The OSS Access Key Id you provided does not exist in our records."
    return OssError(403, "InvalidAccessKeyId", text, {"OSSAccessKeyId": access_key_id})
