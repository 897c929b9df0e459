"""The programs of a scenario: one for each attempt to handle an event."""

from __future__ import annotations

from facescreen.model import ObjectRef
from tests.interleavings.program import Library, Node, Program
from tests.interleavings.scenarios import Scenario
from tests.interleavings.screening import screen


class Programs:
    """The programs of all attempts."""

    def __init__(self, scenario: Scenario) -> None:
        self.library = Library()
        self._scenario = scenario
        self._programs: dict[tuple[ObjectRef, str], Program] = {}

    def start(self, event: ObjectRef, name: str, now: float) -> Node:
        """Start the program of an attempt."""
        program = self._programs.get((event, name))
        if program is None:
            program = Program(self.library, name, lambda: screen(event, self._scenario))
            self._programs[event, name] = program
        return program.start(now)
