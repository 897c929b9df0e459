"""Post policies: what whoever signed one lets a form store, and until when.

A policy is the Base64 of ``{"expiration": "2014-12-01T12:00:00.000Z", "conditions": […]}``, its
conditions ``{"bucket": "b"}``, ``["starts-with", "$key", "in/"]``, ``["eq", …]``,
``["in", "$content-type", ["image/png"]]``, ``["not-in", …]``, ``["content-length-range", 1, 9]``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from facescreen_local.auth.clock import has_passed
from facescreen_local.oss.errors import OssError, access_denied

_DATES = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")
_COMPARISONS: Mapping[str, tuple[type, Callable[[str, Any], bool]]] = {
    "eq": (str, lambda given, wanted: given == wanted),
    "starts-with": (str, lambda given, wanted: given.startswith(wanted)),
    "in": (list, lambda given, wanted: given in wanted),
    "not-in": (list, lambda given, wanted: given not in wanted),
}


@dataclass(frozen=True)
class SizeRange:
    """How many bytes a file may have; both ends count."""

    smallest: int = 0
    largest: int = sys.maxsize


def check_policy(policy: str, fields: Mapping[str, str]) -> SizeRange:
    """Holds a form to its policy, whose signature was checked before, and says what is left open.

    `fields` have names in lower case; the bucket is one of them, and one that the form does not
    have counts as empty. Raises OssError InvalidPolicyDocument, and AccessDenied for a policy
    that has expired or a condition that is not met.
    """
    document = _document(policy)
    if has_passed(_expiration(document.get("expiration"))):
        raise access_denied("Invalid according to Policy: Policy expired.")
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise _invalid("Policy must contain a list of conditions.")
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
        raise _invalid("Invalid JSON, or not in Base64.") from None
    if not isinstance(document, dict):
        raise _invalid("Policy must be an object.")
    return document


def _expiration(text: object) -> float:
    for form in _DATES:
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            continue
    raise _invalid("Policy must have an expiration like 2014-12-01T12:00:00.000Z.")


def _narrowed(allowed: SizeRange, condition: list[Any]) -> SizeRange:
    bounds = condition[1:]
    if len(bounds) != 2 or any(type(bound) is not int or bound < 0 for bound in bounds):
        raise _invalid("content-length-range needs two whole numbers.")
    return SizeRange(max(allowed.smallest, bounds[0]), min(allowed.largest, bounds[1]))


def _check_field(condition: object, fields: Mapping[str, str]) -> None:
    comparison, name, wanted = _parts(condition)
    if comparison not in _COMPARISONS:
        raise _invalid(f"Unknown condition {comparison}.")
    kind, holds = _COMPARISONS[comparison]
    if not isinstance(wanted, kind):
        raise _invalid(f"Condition {comparison} needs a value of type {kind.__name__}.")
    if not holds(fields.get(name.lower(), ""), wanted):
        # The value stays unsaid: it may be a security token.
        failed = json.dumps([comparison, f"${name}"])
        raise access_denied(f"Invalid according to Policy: Policy Condition failed: {failed}")


def _parts(condition: object) -> tuple[str, str, object]:
    """A condition's comparison, field and value."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            text = "Simple-Conditions must have exactly one property specified."
            raise _invalid(f"Invalid Simple-Condition: {text}")
        [(name, wanted)] = condition.items()
        return "eq", name, wanted
    if isinstance(condition, list) and len(condition) == 3:
        comparison, name, wanted = condition
        if isinstance(comparison, str) and isinstance(name, str):
            return comparison, name.removeprefix("$"), wanted
    raise _invalid("A condition must be an object, or a list of three.")


def _invalid(text: str) -> OssError:
    return OssError(400, "InvalidPolicyDocument", f"Invalid Policy: {text}")
