"""The lines of a ledger entry, parsed and checked, so that nobody acts on a damaged one."""

from __future__ import annotations

import json
from typing import Any

from facescreen.errors import InvalidLedgerEntryError
from facescreen.model import Finding

_NUMBER = (int, float)
_FIELDS_BY_SECTION: dict[str, dict[str, dict[str, Any]]] = {
    "content": {
        "claim": {"claim": str, "until": _NUMBER, "object": str},
        "finding": {
            "finding": dict,
            "owner": str,
            "object": str,
            "is_proven": bool,
            "until": _NUMBER,
        },
        "proven": {"proven": str},
        "released": {"released": str, "is_proven": bool},
    },
    "objects": {
        "claim": {"claim": str, "until": _NUMBER, "content": str, "at": str},
        "done": {"done": str, "sha256": str, "finding": dict},
        "released": {"released": str},
    },
    "values": {"value": {"value": str}},
}
"""The types of the fields, by the entry's folder and the kind of the line."""
_MAX_NAME_CHARS = 48
"""Enough to find the entry. Longer names look like tokens, and errors.redact removes those."""


def parse_lines(key: str, data: bytes) -> tuple[dict[str, Any], ...]:
    """Parse the entry at `key`. Raises InvalidLedgerEntryError, which names the first damaged
    line."""
    lines = data.splitlines(keepends=True)
    return tuple(_parse_line(key, number, line) for number, line in enumerate(lines, 1))


def _parse_line(key: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(line, parse_constant=_refuse_constant)
        problem = _find_problem(key, values) if line.endswith(b"\n") else "it has no end"
    except ValueError:
        problem = "it is not JSON"
    if problem:
        raise InvalidLedgerEntryError(
            f"the ledger entry {key[:_MAX_NAME_CHARS]}… is damaged in line {number}: {problem}. "
            "Keep a copy of it, delete it from the state bucket, and redrive the event; its call "
            "may then be paid for once more"
        ) from None
    return values


def _find_problem(key: str, values: Any) -> str:
    """Say which field is missing or wrong; empty if none is. Doesn't repeat what is in the line."""
    fields_by_kind = _FIELDS_BY_SECTION[key.split("/")[2]]
    kinds = [kind for kind in fields_by_kind if isinstance(values, dict) and kind in values]
    if not kinds:
        return f"it has none of the fields {', '.join(fields_by_kind)}"
    for name, field_type in fields_by_kind[kinds[0]].items():
        if not isinstance(values.get(name), field_type):
            return f"the field {name} is missing or wrong"
    if "finding" in values and not _is_finding(values["finding"]):
        return "its finding is incomplete"
    return ""


def _is_finding(values: Any) -> bool:
    try:
        Finding.from_dict(values)
    except (KeyError, TypeError, ValueError):
        return False
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
