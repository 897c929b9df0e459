"""Idempotency keys: whose a key is, and what it is bound to.

A key belongs to the caller who sent it, and is bound to the first content that it is sent with:
what is screened, and how. Of a URL everything counts except the signature, which is another one
each time the same object is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from urllib.parse import unquote

from facescreen.records.ledger_ids import build_binding_key, hash_parts

_SIGNATURE_PARAMS = {
    # OSS V1, and S3 SigV2.
    "Signature": {
        "AWSAccessKeyId",
        "Expires",
        "OSSAccessKeyId",
        "security-token",
        "x-amz-security-token",
    },
    # OSS V2 and V4.
    "x-oss-signature": {
        "security-token",
        "x-oss-access-key-id",
        "x-oss-additional-headers",
        "x-oss-credential",
        "x-oss-date",
        "x-oss-expires",
        "x-oss-security-token",
        "x-oss-signature-version",
    },
    # S3 SigV4.
    "X-Amz-Signature": {
        "X-Amz-Algorithm",
        "X-Amz-Content-Sha256",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-SignedHeaders",
    },
}
"""The query parameters that hold a signature, and those that belong to it. Without the signature
they count like any other: `Expires` is an ordinary word."""


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's idempotency key. Another caller's key of the same value is another key."""

    value: str
    caller: str = ""
    """Identifies the caller. Empty for all callers that the deployment can't tell apart."""

    @property
    def binding_key(self) -> str:
        """The key of the ledger entry that holds what this one is bound to."""
        return build_binding_key(self.caller, self.value)

    @property
    def finding_id(self) -> str:
        """The id of the ledger entry that holds the finding for this key."""
        return hash_parts("key", self.caller, self.value)


def remove_url_signature(url: str) -> str:
    """Return the URL without the parameters of its signature. The other parameters are sorted by
    name, and are not decoded. Those of one name keep their order: servers read the first or the
    last."""
    address, _, query = url.partition("?")
    params = [(unquote(param.partition("=")[0]), param) for param in query.split("&")]
    signatures = _SIGNATURE_PARAMS.keys() & {name for name, _ in params}
    ignored_names = signatures.union(*(_SIGNATURE_PARAMS[name] for name in signatures))
    remaining = [(name, param) for name, param in params if name not in ignored_names]
    remaining.sort(key=itemgetter(0))
    return f"{address}?{'&'.join(param for _, param in remaining)}"
