"""The world around the code under test: uploader, platform, clock and faults.

A world can be saved, loaded and compared. Everything that the code does in it passes `apply`, one
action at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any

from facescreen.errors import FacescreenError, ResponseTimeoutError, ServiceUnavailableError
from facescreen.model import ObjectRef
from tests.interleavings.actions import CHANGES, FAULTS, Action
from tests.interleavings.execution import Call, Result
from tests.interleavings.program import Library, Node
from tests.interleavings.scenarios import Scenario
from tests.interleavings.services import BUCKET, KEY, Services
from tests.interleavings.state import Attempt, Delivery, LateRequest, State
from tests.interleavings.witness import Witness

_EXPIRY_S = 15
"""Longer than a claim holds once its finding is recorded."""
MAX_LATENESS_S = 1
"""How long after its client gave up the store may still carry out a tagging request: less than two
looks that agree are apart, LATE_REQUEST_INTERVAL_S, and the wait before the first one."""
_NO_ANSWER = Result(error=ServiceUnavailableError, message="no answer")

StartAttempt = Callable[[ObjectRef, str, float], Node]
"""Starts the code for an event, under a name of its own, at a time."""


class World:
    """A scenario in one state."""

    def __init__(self, scenario: Scenario, library: Library, start_attempt: StartAttempt) -> None:
        self.scenario = scenario
        self.state = State(deliveries=tuple(map(Delivery, scenario.deliveries)))
        self.contents = {
            upload.content.label: upload.content for upload in scenario.uploads if upload.content
        }
        self.witness = Witness(scenario, self.state, self.contents)
        self.services = Services(scenario, self.state, self.contents, self.witness)
        self._library = library
        self._start_attempt = start_attempt
        self.apply(Action("upload"))

    def save(self) -> Hashable:
        """Return the whole state. Equal states are equal."""
        return self.state.freeze(), self.services.save()

    def load(self, saved: Any) -> None:
        """Return to a saved state."""
        state, services = saved
        self.state.restore(state)
        self.services.load(services)

    @property
    def has_ended(self) -> bool:
        """Whether nothing runs and nothing is on its way."""
        return not self.state.attempts and not self.state.late

    @property
    def may_fail(self) -> bool:
        """Whether another fault may happen."""
        return self.state.faults < self.scenario.faults

    def get_node(self, attempt: Attempt) -> Node:
        """Return where the code of an attempt is."""
        return self._library[attempt.node]

    def get_call(self, action: Action) -> Call:
        """Return the call that an action is about."""
        return self.get_node(self.state.attempts[action.number]).pending[action.strand]

    def apply(self, action: Action) -> None:
        """Let one action happen."""
        self.services.skew_s = action.skew_s
        if action.kind in FAULTS:
            self._count_fault()
        getattr(self, f"_{action.kind}")(action)

    def start(self, number: int) -> None:
        """Start the next attempt of a delivery."""
        delivery = self.state.deliveries[number]
        write = self.state.truth.writes[delivery.write]
        self.state.change_delivery(number, status="running", attempts=delivery.attempts + 1)
        version_id = write.version_id if self.scenario.events_name_versions else ""
        event = ObjectRef("oss", BUCKET, KEY, write.etag, version_id)
        owner = f"event {number}, attempt {delivery.attempts + 1}"
        node = self._start_attempt(event, owner, self.state.now)
        attempt = Attempt(number, node.id, self.state.now + self.scenario.timeout_s)
        self.state.attempts = (*self.state.attempts, attempt)
        self._go_to(len(self.state.attempts) - 1, attempt, node, {})

    def advance(self, seconds: int) -> None:
        """Let time pass. Late tagging requests land in time, and attempts that run for too long are
        ended."""
        now = self.state.now + seconds
        for number in reversed(range(len(self.state.late))):
            if self.state.late[number].lands_until < now:
                self._land(Action("land", number))
        self.state.now = now
        for number in reversed(range(len(self.state.attempts))):
            if self.state.attempts[number].ends_at < self.state.now:
                self._end_attempt(number, "failed")

    # Actions

    def _step(self, action: Action) -> None:
        self._answer(action, self.services.execute(self.get_call(action), action.number))

    def _fail(self, action: Action) -> None:
        self._answer(action, _NO_ANSWER)

    def _lose(self, action: Action) -> None:
        call = self.get_call(action)
        self.services.execute(call, action.number)
        if call.port != "service":
            self._answer(action, _NO_ANSWER)
            return
        self.witness.note_lost_answer(action.number)
        self._answer(action, Result(error=ResponseTimeoutError, message="no answer"))

    def _late(self, action: Action) -> None:
        call, state = self.get_call(action), self.state
        is_tagging = call.method == "replace_tags"
        tagging = self.witness.note_tagging_request(action.number) if is_tagging else None
        lands_until = state.now + MAX_LATENESS_S if tagging else math.inf
        request = LateRequest(call, tagging, lands_until, self._get_sender(action.number))
        state.late = (*state.late, request)
        self._answer(action, _NO_ANSWER)

    def _land(self, action: Action) -> None:
        request = self.state.late[action.number]
        self.state.late = tuple(other for other in self.state.late if other is not request)
        if request.tagging is not None:
            self.services.replace_tags(request.call, request.tagging)
            return
        is_appended = self.services.append(request.call)
        for number in range(len(self.state.attempts)):
            if is_appended and self._get_sender(number) == request.sender:
                key, _, line = request.call.arguments
                self.witness.note_record(number, key, line)

    def _kill(self, action: Action) -> None:
        self._end_attempt(action.number, "failed")

    def _expire(self, _: Action) -> None:
        """What nobody has proven by now, others may have given up waiting for."""
        for number in range(len(self.state.attempts)):
            self.witness.close_call(number, has_failed=True)
        self.advance(_EXPIRY_S)

    def _tick(self, _: Action) -> None:
        # They are not counted once they only happen when nothing can run.
        self.state.ticks = min(self.state.ticks + 1, self.scenario.ticks)
        self.advance(1)

    def _deliver(self, action: Action) -> None:
        self.start(action.number)

    def _upload(self, _: Action) -> None:
        state = self.state
        self.services.upload(self.scenario.uploads[state.uploads])
        state.uploads += 1
        for number, delivery in enumerate(state.deliveries):
            if delivery.status == "waiting" and delivery.write < len(state.truth.writes):
                self.start(number)

    # The platform

    def _answer(self, action: Action, result: Result) -> None:
        """Return the result of a call to the code, and let the code run to its next calls."""
        attempt = self.state.attempts[action.number]
        node = self.get_node(attempt)
        has_changed = self.may_fail and node.pending[action.strand].method in CHANGES
        next_node = node.get_next(action.strand, result, self.state.now)
        wakes_at = {name: at for name, at in attempt.wakes_at if name != action.strand}
        attempt = attempt._replace(is_new=False, has_just_changed=has_changed)
        self._go_to(action.number, attempt, next_node, wakes_at)

    def _go_to(self, number: int, attempt: Attempt, node: Node, wakes_at: dict[str, float]) -> None:
        """Continue an attempt where its code is now. `wakes_at` is of the strands that sleep
        already."""
        if node.ending is not None:
            if node.ending.error is not None and not isinstance(node.ending.error, FacescreenError):
                raise node.ending.error
            self._end_attempt(number, "failed" if node.ending.error else "done")
            return
        for name, call in node.pending.items():
            if call.port == "clock" and name not in wakes_at:
                wakes_at[name] = self.state.now + call.arguments[0]
        self.state.put_attempt(
            number, attempt._replace(node=node.id, wakes_at=tuple(sorted(wakes_at.items())))
        )

    def _end_attempt(self, number: int, status: str) -> None:
        """End an attempt, and forget what only its next steps could have needed."""
        self.witness.close_call(number, has_failed=status == "failed")
        delivery_number = self.state.attempts[number].delivery
        delivery = self.state.deliveries[delivery_number]
        self.state.remove_attempt(number)
        self.state.change_delivery(
            delivery_number,
            status=status,
            seen=-1,
            is_current=False,
            has_open_window=delivery.has_open_window and status != "done",
            has_looked_after=True,
        )

    def _count_fault(self) -> None:
        self.state.faults += 1
        if not self.may_fail:
            # Only another fault could make a difference between these.
            for number in range(len(self.state.attempts)):
                self.state.change_attempt(number, has_just_changed=False)

    def _get_sender(self, number: int) -> tuple[int, int]:
        delivery = self.state.attempts[number].delivery
        return delivery, self.state.deliveries[delivery].attempts
