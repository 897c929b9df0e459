"""Executions stop at each call of a port, and leave nothing behind when they are abandoned."""

from __future__ import annotations

from tests.interleavings.execution import (
    Call,
    Execution,
    Result,
    call_port,
    read_clock,
    run_side_by_side,
)
from tests.interleavings.program import Library, Program

HEAD, READ = Call("store", "head"), Call("state", "read")


def test_an_execution_gets_the_results_of_its_calls_one_by_one() -> None:
    execution = Execution(lambda: (call_port("store", "head"), read_clock()), "a", 5)
    assert execution.pending == {"": HEAD}
    execution.resume("", Result(7), 6)
    assert execution.ending is not None
    assert execution.ending.value == (7, 6)


def test_an_error_is_raised_where_the_call_was_made() -> None:
    execution = Execution(lambda: call_port("store", "head"), "a", 0)
    execution.resume("", Result(error=ValueError, message="no"), 0)
    assert execution.ending is not None
    assert repr(execution.ending.error) == "ValueError('no')"


def test_functions_side_by_side_get_their_results_in_any_order() -> None:
    def code() -> tuple[object, object]:
        return run_side_by_side(
            lambda: call_port("store", "head"), lambda: call_port("state", "read")
        )

    execution = Execution(code, "a", 0)
    assert sorted(execution.pending.values()) == [READ, HEAD]
    execution.resume("/0.1", Result("second"), 0)
    assert list(execution.pending.values()) == [HEAD]
    execution.resume("/0.0", Result("first"), 0)
    assert execution.ending is not None
    assert execution.ending.value == ("first", "second")


def test_what_a_killed_process_would_clean_up_does_not_happen() -> None:
    cleanups: list[str] = []

    def code() -> None:
        try:
            call_port("store", "head")
        finally:
            cleanups.append("begun")
            call_port("state", "read")
            cleanups.append("done")

    Execution(code, "a", 0).abandon()
    assert cleanups == ["begun"]


def test_a_program_runs_its_code_once_for_each_result() -> None:
    runs: list[object] = []

    def code() -> None:
        runs.append(call_port("store", "head"))
        runs.append(call_port("state", "read"))

    program = Program(Library(), "a", code)
    node = program.start(0).get_next("", Result(1), 0)
    assert program.start(9).get_next("", Result(1), 9) is not node
    assert program.start(0).get_next("", Result(1), 3) is node
    node.get_next("", Result(2), 0)
    assert node.get_next("", Result(2), 5).ending is not None
    assert runs == [1, 1, 2]
    node.get_next("", Result(3), 0)
    assert runs == [1, 1, 2, 1, 3]
