"""The ids of the ledger's entries: other inputs have other ids."""

from __future__ import annotations

from facescreen.records.ledger_ids import hash_parts


def test_strings_that_are_the_same_when_joined_have_other_ids() -> None:
    assert hash_parts("a", "b\nc") != hash_parts("a\nb", "c") != hash_parts("a\nb\nc")
