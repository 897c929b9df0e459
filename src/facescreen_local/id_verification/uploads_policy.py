"""Post policies: what AuthorizeFileUpload allows a client, signed as OSS signs it (version 1: the
Base64 of the HMAC-SHA1 over the policy's Base64), and what a form is held to."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from facescreen_local.id_verification.errors import Refusal
from facescreen_local.id_verification.limits import LARGEST

VALID_S = 15 * 60
"""How long a permission holds."""
_DATE = "%Y-%m-%dT%H:%M:%S.%fZ"
_NEEDED = ("key", "OSSAccessKeyId", "policy", "Signature")


@dataclass(frozen=True)
class Allowed:
    """What a form may store: an object's key, and bytes from `smallest` to `largest`."""

    key: str
    smallest: int
    largest: int


class PostPolicies:
    """Signs with a key of its own: the real service hands out none of the account's either."""

    def __init__(self) -> None:
        self._access_key_id = "LTAI" + secrets.token_hex(10)
        self._secret = secrets.token_hex(15).encode()

    def issue(self, key: str) -> dict[str, str]:
        """A permission to store one file under `key`, by AuthorizeFileUpload's names."""
        expiration = datetime.now(timezone.utc) + timedelta(seconds=VALID_S)
        document = {
            "expiration": expiration.strftime(_DATE),
            "conditions": [["eq", "$key", key], ["content-length-range", 1, LARGEST]],
        }
        policy = base64.b64encode(json.dumps(document).encode()).decode()
        return {
            "AccessKeyId": self._access_key_id,
            "EncodedPolicy": policy,
            "Signature": self._signature(policy),
            "ObjectKey": key,
        }

    def check(self, fields: Mapping[str, str]) -> Allowed:
        """What the form with these `fields` may store. Raises Refusal."""
        document = self._authentic(fields)
        expiration = datetime.strptime(document["expiration"], _DATE).replace(tzinfo=timezone.utc)
        if expiration < datetime.now(timezone.utc):
            raise Refusal("AccessDenied", "Invalid according to Policy: Policy expired.")
        (_, _, key), (_, smallest, largest) = document["conditions"]
        if fields["key"] != key:
            text = 'Invalid according to Policy: Policy Condition failed: ["eq", "$key", ...]'
            raise Refusal("AccessDenied", text)
        return Allowed(key, smallest, largest)

    def _authentic(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """The policy's document: one of ours, for nobody else can sign it."""
        for name in _NEEDED:
            if name not in fields:
                text = f"Bucket POST must contain a field named '{name}', before the file."
                raise Refusal("InvalidArgument", text)
        if fields["OSSAccessKeyId"] != self._access_key_id:
            text = "The OSS Access Key Id you provided does not exist in our records."
            raise Refusal("InvalidAccessKeyId", text)
        signed = self._signature(fields["policy"])
        if not hmac.compare_digest(signed.encode(), fields["Signature"].encode()):
            text = "The request signature we calculated does not match the signature you provided."
            raise Refusal("SignatureDoesNotMatch", text)
        document: dict[str, Any] = json.loads(base64.b64decode(fields["policy"]))
        return document

    def _signature(self, policy: str) -> str:
        return base64.b64encode(hmac.digest(self._secret, policy.encode(), "sha1")).decode()
