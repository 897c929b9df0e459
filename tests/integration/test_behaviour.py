"""Behaviour of the local services: accepted fields, and errors."""

from __future__ import annotations

import pytest

from facescreen_local.protocol.faults import Behaviour, Fault, InvalidFaultError


def test_a_behaviour_is_parsed() -> None:
    document = {
        "latency_ms": 20,
        "rates": {"InternalError": 0.5},
        "seed": 1,
        "faults": [
            {"operation": "HeadObject", "hang_s": 1.5, "code": None},
            {"path": "/selfies/*", "probability": 0.5, "late_s": 2},
        ],
    }
    behaviour = Behaviour.parse(document)
    assert behaviour.latency_ms == 20
    assert behaviour.faults == [
        Fault(operation="HeadObject", hang_s=1.5, times=1),
        Fault(path="/selfies/*", probability=0.5, late_s=2, times=None),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "expected an object, not list"),
        ({"speed": 1}, "unknown field 'speed'; known: acl_last_modified, answer_latency_ms"),
        ({"duplicates": "x"}, "duplicates must be a int, not 'x'"),
        ({"duplicates": True}, "duplicates must be a int, not True"),
        ({"latency_ms": -1}, "latency_ms must not be negative"),
        ({"faults": {}}, "faults must be a list"),
        ({"faults": [1]}, "expected an object, not int"),
        ({"faults": [{"kill": 1}]}, "kill must be a bool, not 1"),
        ({"faults": [{"probability": 1.1}]}, "probability must be 0 to 1: 1.1"),
        ({"acl_last_modified": "x"}, "acl_last_modified must be moved or kept, not 'x'"),
        ({"rates": {"InternalError": 2}}, "the share of InternalError must be 0 to 1"),
    ],
)
def test_invalid_fields_are_named(document: object, expected: str) -> None:
    with pytest.raises(InvalidFaultError, match=expected):
        Behaviour.parse(document)


def take_codes(behaviour: Behaviour, *calls: tuple[str, str]) -> list[str | None]:
    faults = [behaviour.take_fault(operation, path) for operation, path in calls]
    return [fault.code if fault else None for fault in faults]


def test_faults_are_used_in_order_by_their_operation() -> None:
    behaviour = Behaviour(faults=[Fault(operation="A", code="First", times=2), Fault(code="Any")])
    calls = [(operation, "/k") for operation in ("B", "A", "A", "A")]
    assert take_codes(behaviour, *calls) == ["Any", "First", "First", None]


def test_a_fault_can_name_paths() -> None:
    behaviour = Behaviour(faults=[Fault(path="/selfies/in/*", code="Busy", times=9)])
    calls = [("A", path) for path in ("/selfies/a", "/selfies/in/a/b", "/state/selfies/in/a")]
    assert take_codes(behaviour, *calls) == [None, "Busy", None]


def test_a_fault_with_a_probability_acts_on_a_share_of_the_calls_without_limit() -> None:
    behaviour = Behaviour(seed=1, faults=[Fault(code="Busy", probability=0.25)])
    codes = take_codes(behaviour, *[("A", f"/{number}") for number in range(1000)])
    assert 200 < codes.count("Busy") < 300


@pytest.mark.parametrize(
    "field", [{"rates": {"Busy": 0.5}}, {"faults": [{"code": "Busy", "probability": 0.5}]}]
)
def test_a_seed_chooses_the_same_calls_in_any_order(field: dict[str, object]) -> None:
    def choose(seed: int | None, calls: list[tuple[str, str]]) -> dict[tuple[str, str], list[bool]]:
        behaviour = Behaviour.parse({"seed": seed, **field})
        chosen: dict[tuple[str, str], list[bool]] = {}
        for call in calls:
            chosen.setdefault(call, []).append(behaviour.take_fault(*call) is not None)
        return chosen

    calls = [("A", f"/{number % 20}") for number in range(100)]
    assert choose(1, calls) == choose(1, sorted(calls))
    assert choose(1, calls) != choose(2, calls)
    assert choose(None, calls) != choose(None, calls)
