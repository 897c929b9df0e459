"""Damaged entries of the ledger: nobody acts on one, and nothing is lost with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from facescreen.errors import InvalidLedgerEntryError, OperatorError
from facescreen.model import Finding, ObjectRef, Verdict
from facescreen.records.claims import ContentClaim
from facescreen.records.ledger import Ledger
from facescreen.records.ledger_entry import KnownFinding, ScreeningRecord
from facescreen.records.ledger_ids import build_quarantine_key, compute_uncalled_id
from facescreen.testing.state_store import MemoryStateStore
from facescreen.timing import Deadline

FINDING = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
CONTENT_ID, OBJECT_ID = compute_uncalled_id("", ("a",)), compute_uncalled_id("", ("b",))
KEYS = {
    "content": f"ledger/2/content/{CONTENT_ID}",
    "objects": f"ledger/2/objects/{OBJECT_ID}",
    "values": build_quarantine_key("acl", ObjectRef("oss", "selfies", "a.jpg"), ""),
}
LINES: dict[str, list[dict[str, Any]]] = {
    "content": [
        {"claim": "5f3a", "until": 1790.0, "object": OBJECT_ID},
        {
            "finding": FINDING.to_dict(),
            "owner": "5f3a",
            "object": OBJECT_ID,
            "is_proven": False,
            "until": 1790,
        },
        {"proven": OBJECT_ID},
        {"released": "5f3a", "is_proven": True},
    ],
    "objects": [
        {"claim": "77aa", "until": 1790.0, "content": CONTENT_ID, "at": FINDING.at},
        {"released": "77aa"},
        {"done": CONTENT_ID, "sha256": "", "finding": FINDING.to_dict()},
    ],
    "values": [{"value": "default"}],
}
"""Valid entries, by the folder."""


def write_entry(section: str, lines: list[bytes]) -> tuple[MemoryStateStore, Ledger]:
    state = MemoryStateStore()
    state.append(KEYS[section], 0, b"".join(lines))
    return state, Ledger(state)


def encode(section: str) -> list[bytes]:
    return [json.dumps(line).encode() + b"\n" for line in LINES[section]]


READS: dict[str, Callable[[Ledger], object]] = {
    "content": lambda ledger: ledger.claim_content(CONTENT_ID, "", Deadline.after(1)),
    "objects": lambda ledger: ledger.get_record(OBJECT_ID),
    "values": lambda ledger: ledger.get_value(KEYS["values"]),
}


def test_valid_entries_are_read() -> None:
    results = {
        section: read(write_entry(section, encode(section))[1]) for section, read in READS.items()
    }
    record = ScreeningRecord(CONTENT_ID, "", FINDING)
    assert results == {
        "content": KnownFinding(FINDING, True),
        "objects": record,
        "values": "default",
    }


def cut(line: bytes) -> bytes:
    return line[: len(line) // 2]


def without_end(line: bytes) -> bytes:
    return line[:-1]


DAMAGES: list[Callable[[bytes], bytes]] = [
    cut,
    without_end,
    lambda line: cut(line) + b"\n",
    lambda line: b"\n",
    lambda line: b"\xff\n",
    lambda line: b"{}\n",
    lambda line: b"[1]\n",
    lambda line: b"null\n",
    lambda line: b'"claim"\n',
    lambda line: b'{"other": 1}\n',
    lambda line: b'{"claim": "a", "until": NaN, "object": ""}\n',
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("section", LINES)
def test_a_damaged_line_is_an_operators_error_that_names_the_entry(
    section: str, damage: Callable[[bytes], bytes]
) -> None:
    lines = encode(section)
    lines[-1] = damage(lines[-1])
    state, ledger = write_entry(section, lines)
    with pytest.raises(InvalidLedgerEntryError) as raised:
        READS[section](ledger)
    assert isinstance(raised.value, OperatorError)
    message = str(raised.value)
    assert f"the ledger entry {KEYS[section][:48]}… is damaged in line {len(lines)}: " in message
    assert "delete it from the state bucket, and redrive" in message
    assert state.read(KEYS[section]) == b"".join(lines)


def damaged_lines() -> list[Any]:
    """Each line without one of its fields, or with another type in it."""
    cases = []
    for section, lines in LINES.items():
        for number, line in enumerate(lines):
            for name in line:
                without = {key: value for key, value in line.items() if key != name}
                cases += [
                    pytest.param(section, number, without, id=f"{section} {number} no {name}"),
                    pytest.param(
                        section, number, line | {name: None}, id=f"{section} {number} {name}"
                    ),
                ]
    return cases


@pytest.mark.parametrize(("section", "number", "damaged"), damaged_lines())
def test_a_line_without_one_of_its_fields_is_damaged(
    section: str, number: int, damaged: dict[str, Any]
) -> None:
    lines = encode(section)
    lines[number] = json.dumps(damaged).encode() + b"\n"
    _, ledger = write_entry(section, lines)
    with pytest.raises(InvalidLedgerEntryError, match=f"damaged in line {number + 1}: "):
        READS[section](ledger)


@pytest.mark.parametrize("name", ["verdict", "merchant_biz_id", "at", "reasons", "warnings"])
def test_a_finding_without_one_of_its_fields_damages_its_line(name: str) -> None:
    assert_finding_is_damaged(
        {key: value for key, value in FINDING.to_dict().items() if key != name}
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "s3cr3t"},
        {"verdict": None},
        {"reasons": 5},
        {"warnings": ["s3cr3t"]},
        {"warnings": [{"rule": "s3cr3t"}]},
        {"unknown": "s3cr3t"},
    ],
)
def test_a_wrong_finding_damages_its_line(changes: dict[str, Any]) -> None:
    assert_finding_is_damaged(FINDING.to_dict() | changes)


def assert_finding_is_damaged(finding: dict[str, Any]) -> None:
    line = {"done": CONTENT_ID, "sha256": "", "finding": finding}
    _, ledger = write_entry("objects", [json.dumps(line).encode() + b"\n"])
    with pytest.raises(InvalidLedgerEntryError, match="its finding is incomplete") as raised:
        ledger.get_record(OBJECT_ID)
    assert "s3cr3t" not in str(raised.value)


def test_a_damaged_entry_is_not_claimed_and_its_content_is_not_shown() -> None:
    state, ledger = write_entry("content", [b'{"claim": "s3cr3t"}\n'])
    with pytest.raises(InvalidLedgerEntryError) as raised:
        READS["content"](ledger)
    assert "s3cr3t" not in str(raised.value)
    assert state.read(KEYS["content"]) == b'{"claim": "s3cr3t"}\n'


def test_a_finding_that_was_paid_for_is_recorded_in_an_entry_that_was_damaged_meanwhile() -> None:
    state = MemoryStateStore()
    ledger = Ledger(state)
    claim = ledger.claim_content(CONTENT_ID, "", Deadline.after(60))
    assert isinstance(claim, ContentClaim)
    with claim:
        state.append(KEYS["content"], len(state.read(KEYS["content"])), b"damage\n")
        claim.record_finding(FINDING, is_proven=True)
    lines = state.read(KEYS["content"]).splitlines()
    assert [b"finding" in line for line in lines] == [False, False, True, False]


def test_a_record_is_added_to_a_damaged_entry() -> None:
    state, ledger = write_entry("objects", [b"damage\n"])
    ledger.mark_done(OBJECT_ID, ScreeningRecord(CONTENT_ID, "", FINDING))
    assert state.read(KEYS["objects"]).splitlines()[1].startswith(b'{"done":')
