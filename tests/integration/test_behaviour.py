"""Behaviour of the local services: accepted fields, and errors."""

from __future__ import annotations

import pytest

from facescreen_local.protocol.faults import Behaviour, Fault, InvalidFaultError


def test_a_behaviour_is_parsed() -> None:
    document = {
        "latency_ms": 20,
        "rates": {"InternalError": 0.5},
        "faults": [{"operation": "HeadObject", "hang_s": 1.5, "code": None}],
    }
    behaviour = Behaviour.parse(document)
    assert behaviour.latency_ms == 20
    assert behaviour.faults == [Fault(operation="HeadObject", hang_s=1.5)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "expected an object, not list"),
        ({"speed": 1}, "unknown field 'speed'; known: delay_ms, duplicates"),
        ({"duplicates": "x"}, "duplicates must be a int, not 'x'"),
        ({"duplicates": True}, "duplicates must be a int, not True"),
        ({"latency_ms": -1}, "latency_ms must not be negative"),
        ({"faults": {}}, "faults must be a list"),
        ({"faults": [1]}, "expected an object, not int"),
        ({"faults": [{"kill": 1}]}, "kill must be a bool, not 1"),
        ({"rates": {"InternalError": 2}}, "the share of InternalError must be 0 to 1"),
    ],
)
def test_invalid_fields_are_named(document: object, expected: str) -> None:
    with pytest.raises(InvalidFaultError, match=expected):
        Behaviour.parse(document)


def test_faults_are_used_in_order_by_their_operation() -> None:
    behaviour = Behaviour(faults=[Fault(operation="A", code="First", times=2), Fault(code="Any")])
    used = [behaviour.take_fault(operation) for operation in ("B", "A", "A", "A")]
    assert [fault.code if fault else None for fault in used] == ["Any", "First", "First", None]
