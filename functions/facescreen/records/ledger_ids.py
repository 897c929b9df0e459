"""The ids and the keys of the ledger's entries."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from facescreen.requirements import REQUIREMENTS_VERSION

if TYPE_CHECKING:
    from facescreen.model import ObjectRef

_KEY_PREFIX = "ledger/2/"
"""The templates' lifecycle rules delete what is under ``ledger/`` after some time. Version 1 kept
its entries directly there, by ETag and CRC. They are not read."""
_QUARANTINE_KEY_PREFIX = "quarantine/2/"
"""No lifecycle rule deletes this: an object stays in quarantine until somebody releases it."""


def hash_parts(*parts: str) -> str:
    """Return the SHA-256 of some strings, in hexadecimal. Other strings have another hash, also if
    they are the same when joined."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def compute_content_id(sha256: str, kind: str, *, convert: bool) -> str:
    """Compute the id of a content entry: 64 hexadecimal digits, equal for equal bytes of which the
    same is asked, in any bucket and under any key."""
    return hash_parts("content", sha256, kind, str(convert), str(REQUIREMENTS_VERSION))


def compute_uncalled_id(sha256: str, reasons: tuple[str, ...]) -> str:
    """Compute the content id of bytes that are judged without a call. It changes when requirements
    or settings lead to other reasons, or to a call."""
    return hash_parts("uncalled", sha256, *reasons, str(REQUIREMENTS_VERSION))


def compute_object_id(ref: ObjectRef, revision: str) -> str:
    """Compute the id of an object entry: 64 hexadecimal digits."""
    return hash_parts("object", ref.store, ref.bucket, ref.key, revision)


def build_content_key(content_id: str) -> str:
    """Return the key of a content entry."""
    return f"{_KEY_PREFIX}content/{content_id}"


def build_object_key(object_id: str) -> str:
    """Return the key of an object entry."""
    return f"{_KEY_PREFIX}objects/{object_id}"


def build_binding_key(caller: str, idempotency_key: str) -> str:
    """Return the key of the entry that holds what a caller's idempotency key is bound to."""
    return f"{_KEY_PREFIX}values/{hash_parts('binding', caller, idempotency_key)}"


def build_quarantine_key(kind: str, ref: ObjectRef, sha256: str) -> str:
    """Return the key of an entry that holds one value about quarantined bytes, and never expires.
    `kind` says what the value is."""
    value_id = hash_parts(kind, ref.store, ref.bucket, ref.key, sha256)
    return f"{_QUARANTINE_KEY_PREFIX}values/{kind}/{value_id}"
