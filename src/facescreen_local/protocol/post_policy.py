"""Post policies: what whoever signed one lets a form store, and until when.

A policy is the Base64 of ``{"expiration": "2014-12-01T12:00:00.000Z", "conditions": […]}``, its
conditions ``{"bucket": "b"}``, ``["starts-with", "$key", "in/"]``, ``["eq", …]``,
``["in", "$content-type", ["image/png"]]``, ``["not-in", …]``, ``["content-length-range", 1, 9]``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from facescreen_local.auth.account import Identity
from facescreen_local.auth.clock import MalformedDateError, has_passed, parse_utc
from facescreen_local.auth.credentials import check_signature, find_secret, hmac_sha1

SIGNATURE_V1 = ("OSSAccessKeyId", "Signature", "policy")
"""The fields that a signature of version 1 needs."""
_DATES = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")
_COMPARISONS: Mapping[str, tuple[type, Callable[[str, Any], bool]]] = {
    "eq": (str, lambda given, wanted: given == wanted),
    "starts-with": (str, lambda given, wanted: given.startswith(wanted)),
    "in": (list, lambda given, wanted: given in wanted),
    "not-in": (list, lambda given, wanted: given not in wanted),
}


class MissingFieldError(Exception):
    """The form has no field of this name, or none before its file."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class InvalidPolicyError(Exception):
    """The policy can't be read."""


class PolicyExpiredError(Exception):
    """The policy held until a time that has passed."""


class PolicyConditionError(Exception):
    """The form does not meet a condition: a `comparison` of a `field`.

    The values stay unsaid: one may be a security token.
    """

    def __init__(self, comparison: str, field: str) -> None:
        super().__init__(comparison, field)
        self.comparison = comparison
        self.field = field


@dataclass(frozen=True)
class SizeRange:
    """How many bytes a file may have; both ends count."""

    smallest: int = 0
    largest: int = sys.maxsize


def required_field(fields: Mapping[str, str], name: str) -> str:
    """The field's value. Raises MissingFieldError."""
    if name not in fields:
        raise MissingFieldError(name)
    return fields[name]


def encode_policy(valid_s: float, conditions: Sequence[object]) -> str:
    """A policy that holds from now on, for check_policy to read."""
    expiration = datetime.now(timezone.utc) + timedelta(seconds=valid_s)
    document = {"expiration": expiration.strftime(_DATES[0]), "conditions": conditions}
    return base64.b64encode(json.dumps(document).encode()).decode()


def check_signature_v1(identity: Identity, fields: Mapping[str, str]) -> None:
    """Raises the errors of `credentials` unless a key of the account signed the policy, and
    MissingFieldError. What the policy says is not looked at."""
    key_id, signature, policy = (required_field(fields, name) for name in SIGNATURE_V1)
    secret = find_secret(identity, key_id, fields.get("x-oss-security-token", ""))
    check_signature(signature, hmac_sha1(secret, policy.encode()))


def check_policy(policy: str, fields: Mapping[str, str]) -> SizeRange:
    """Holds a form to its policy, whose signature was checked before, and says what is left open.

    `fields` have names in lower case; the bucket is one of them, and one that the form does not
    have counts as empty. Raises InvalidPolicyError, PolicyExpiredError, PolicyConditionError.
    """
    document = _document(policy)
    if has_passed(_expiration(document.get("expiration"))):
        raise PolicyExpiredError
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise InvalidPolicyError("Policy must contain a list of conditions.")
    allowed = SizeRange()
    for condition in conditions:
        if isinstance(condition, list) and condition[:1] == ["content-length-range"]:
            allowed = _narrowed(allowed, condition)
        else:
            _check_field(condition, fields)
    return allowed


def _document(policy: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
    except (ValueError, RecursionError):
        raise InvalidPolicyError("Invalid JSON, or not in Base64.") from None
    if not isinstance(document, dict):
        raise InvalidPolicyError("Policy must be an object.")
    return document


def _expiration(text: object) -> float:
    for form in _DATES:
        try:
            return parse_utc(str(text), form)
        except MalformedDateError:
            continue
    raise InvalidPolicyError("Policy must have an expiration like 2014-12-01T12:00:00.000Z.")


def _narrowed(allowed: SizeRange, condition: list[Any]) -> SizeRange:
    bounds = condition[1:]
    if len(bounds) != 2 or any(type(bound) is not int or bound < 0 for bound in bounds):
        raise InvalidPolicyError("content-length-range needs two whole numbers.")
    return SizeRange(max(allowed.smallest, bounds[0]), min(allowed.largest, bounds[1]))


def _check_field(condition: object, fields: Mapping[str, str]) -> None:
    comparison, name, wanted = _parts(condition)
    if comparison not in _COMPARISONS:
        raise InvalidPolicyError(f"Unknown condition {comparison}.")
    kind, holds = _COMPARISONS[comparison]
    if not isinstance(wanted, kind):
        raise InvalidPolicyError(f"Condition {comparison} needs a value of type {kind.__name__}.")
    if not holds(fields.get(name.lower(), ""), wanted):
        raise PolicyConditionError(comparison, name)


def _parts(condition: object) -> tuple[str, str, object]:
    """A condition's comparison, field and value."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            text = "Simple-Conditions must have exactly one property specified."
            raise InvalidPolicyError(f"Invalid Simple-Condition: {text}")
        [(name, wanted)] = condition.items()
        return "eq", name, wanted
    if isinstance(condition, list) and len(condition) == 3:
        comparison, name, wanted = condition
        if isinstance(comparison, str) and isinstance(name, str):
            return comparison, name.removeprefix("$"), wanted
    raise InvalidPolicyError("A condition must be an object, or a list of three.")
