"""Post policies: signed documents that say what a form may upload, and until when.

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

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.clock import MalformedDateError, has_passed, parse_utc
from facescreen_local.auth.credentials import check_signature, find_secret, hmac_sha1

V1_FORM_FIELDS = ("OSSAccessKeyId", "Signature", "policy")
"""The form fields of a version 1 signature."""
_DATE_FORMATS = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")
_CONDITION_TYPES: Mapping[str, tuple[type, Callable[[str, Any], bool]]] = {
    "eq": (str, lambda actual, expected: actual == expected),
    "starts-with": (str, lambda actual, expected: actual.startswith(expected)),
    "in": (list, lambda actual, expected: actual in expected),
    "not-in": (list, lambda actual, expected: actual not in expected),
}


class MissingFieldError(Exception):
    """The form has no field with this name before its file."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class InvalidPolicyError(Exception):
    """The policy can't be parsed."""


class PolicyExpiredError(Exception):
    """The policy has expired."""


class PolicyConditionError(Exception):
    """The form violates a condition: a `comparison` of a `field`.

    The message leaves out the values, because one may be a security token.
    """

    def __init__(self, comparison: str, field: str) -> None:
        super().__init__(comparison, field)
        self.comparison = comparison
        self.field = field


@dataclass(frozen=True)
class SizeRange:
    """How many bytes a file may have, both bounds included."""

    min_bytes: int = 0
    max_bytes: int = sys.maxsize


def require_field(fields: Mapping[str, str], name: str) -> str:
    """Return the field's value. Raises MissingFieldError."""
    if name not in fields:
        raise MissingFieldError(name)
    return fields[name]


def encode_policy(valid_s: float, conditions: Sequence[object]) -> str:
    """Create a policy that is valid for `valid_s` seconds from now on, in Base64."""
    expiration = datetime.now(timezone.utc) + timedelta(seconds=valid_s)
    document = {"expiration": expiration.strftime(_DATE_FORMATS[0]), "conditions": conditions}
    return base64.b64encode(json.dumps(document).encode()).decode()


def check_signature_v1(account: LocalAccount, fields: Mapping[str, str]) -> None:
    """Check that a key of the account signed the policy; the policy itself is not checked.

    Raises MissingFieldError and the errors of `credentials`.
    """
    key_id, signature, policy = (require_field(fields, name) for name in V1_FORM_FIELDS)
    secret = find_secret(account, key_id, fields.get("x-oss-security-token", ""))
    check_signature(signature, hmac_sha1(secret, policy.encode()))


def check_policy(policy: str, fields: Mapping[str, str]) -> SizeRange:
    """Check a form against its policy and return the allowed file size.

    The policy's signature is checked elsewhere. Names in `fields` are in lower case and include the
    bucket; a missing field counts as empty. Raises InvalidPolicyError, PolicyExpiredError,
    PolicyConditionError.
    """
    document = _decode_policy(policy)
    if has_passed(_parse_expiration(document.get("expiration"))):
        raise PolicyExpiredError
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise InvalidPolicyError("Policy must contain a list of conditions.")
    allowed = SizeRange()
    for condition in conditions:
        if isinstance(condition, list) and condition[:1] == ["content-length-range"]:
            allowed = _narrow_size_range(allowed, condition)
        else:
            _check_field(condition, fields)
    return allowed


def _decode_policy(policy: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
    except (ValueError, RecursionError):
        raise InvalidPolicyError("Invalid JSON, or not in Base64.") from None
    if not isinstance(document, dict):
        raise InvalidPolicyError("Policy must be an object.")
    return document


def _parse_expiration(text: object) -> float:
    for date_format in _DATE_FORMATS:
        try:
            return parse_utc(str(text), date_format)
        except MalformedDateError:
            continue
    raise InvalidPolicyError("Policy must have an expiration like 2014-12-01T12:00:00.000Z.")


def _narrow_size_range(allowed: SizeRange, condition: list[Any]) -> SizeRange:
    bounds = condition[1:]
    if len(bounds) != 2 or any(type(bound) is not int or bound < 0 for bound in bounds):
        raise InvalidPolicyError("content-length-range needs two whole numbers.")
    return SizeRange(max(allowed.min_bytes, bounds[0]), min(allowed.max_bytes, bounds[1]))


def _check_field(condition: object, fields: Mapping[str, str]) -> None:
    comparison, name, expected = _split_condition(condition)
    if comparison not in _CONDITION_TYPES:
        raise InvalidPolicyError(f"Unknown condition {comparison}.")
    expected_type, matches = _CONDITION_TYPES[comparison]
    if not isinstance(expected, expected_type):
        raise InvalidPolicyError(
            f"Condition {comparison} needs a value of type {expected_type.__name__}."
        )
    if not matches(fields.get(name.lower(), ""), expected):
        raise PolicyConditionError(comparison, name)


def _split_condition(condition: object) -> tuple[str, str, object]:
    """Return a condition's comparison, field and value."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            message = "Simple-Conditions must have exactly one property specified."
            raise InvalidPolicyError(f"Invalid Simple-Condition: {message}")
        [(name, expected)] = condition.items()
        return "eq", name, expected
    if isinstance(condition, list) and len(condition) == 3:
        comparison, name, expected = condition
        if isinstance(comparison, str) and isinstance(name, str):
            return comparison, name.removeprefix("$"), expected
    raise InvalidPolicyError("A condition must be an object, or a list of three.")
