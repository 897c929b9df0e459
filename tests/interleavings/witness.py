"""The witness: notes what really happened, for the invariants."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from facescreen.model import Verdict
from tests.interleavings.state import OpenCall
from tests.interleavings.truth import OUTSIDE_WINDOWS, Message, Tagging

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.interleavings.scenarios import Content, Scenario
    from tests.interleavings.state import State
    from tests.interleavings.truth import Write


class Witness:
    """Keeps State.truth, and in deliveries and attempts what they saw and did."""

    def __init__(self, scenario: Scenario, state: State, contents: Mapping[str, Content]) -> None:
        """`contents` are by label."""
        self._scenario = scenario
        self._state = state
        self._contents = contents

    def find_write(self, version_id: str) -> int:
        """Return the number of the write that made a version, or of the last write."""
        writes = self._state.truth.writes
        if not version_id:
            return len(writes) - 1
        return next(n for n, write in enumerate(writes) if write.version_id == version_id)

    def is_judged_low(self, write: int) -> bool:
        """Whether the service saw the bytes of a write, and said low_risk."""
        truth = self._state.truth
        label = truth.writes[write].label
        return label in truth.paid_calls and self._contents[label].verdict is Verdict.LOW_RISK

    # The uploader

    def note_change(self) -> None:
        """Note a write or a change of the ACL: what was seen before proves nothing any more."""
        state = self._state
        for number, delivery in enumerate(state.deliveries):
            if delivery.is_current:
                state.change_delivery(number, is_current=False)
        for number, attempt in enumerate(state.attempts):
            if attempt.open_call and not attempt.open_call.is_proof:
                open_call = attempt.open_call._replace(has_changed=True)
                state.change_attempt(number, open_call=open_call)
        truth = state.truth
        excused = tuple(sorted(truth.excused_calls + truth.unproven_calls))
        state.truth = truth._replace(excused_calls=excused, unproven_calls=())

    def note_write(self, write: Write, *, keeps_tags: bool) -> None:
        """Note a write, which has no tags unless it keeps those of the write before."""
        truth = self._state.truth
        tagging = truth.tagged_by[-1] if keeps_tags else None
        # Nobody sees what was overwritten.
        before = truth.tagged_by if self._scenario.is_versioned else (None,) * len(truth.writes)
        self._state.truth = truth._replace(
            writes=(*truth.writes, write), tagged_by=(*before, tagging)
        )

    # Looks and tags

    def note_look(self, number: int, version_id: str, *, is_whole: bool) -> None:
        """Note that an attempt looked at the object. If it reads it whole after it has tagged other
        bytes and released its claim, it is about to screen these bytes, and must have taken its
        verdict off them."""
        attempt = self._state.attempts[number]
        delivery = self._state.deliveries[attempt.delivery]
        goes_on = is_whole and attempt.has_released
        self._state.change_delivery(
            attempt.delivery,
            seen=self.find_write(version_id),
            is_current=True,
            has_looked_after=True,
            has_open_window=delivery.has_open_window and not goes_on,
        )
        if goes_on:
            self._state.change_attempt(number, has_released=False)

    def note_tagging_request(self, number: int) -> Tagging:
        """Note that an attempt sent a tagging request."""
        delivery_number = self._state.attempts[number].delivery
        delivery = self._state.deliveries[delivery_number]
        self._state.change_delivery(delivery_number, has_open_window=True, has_looked_after=False)
        return Tagging(delivery_number, delivery.seen)

    def note_tags(self, version_id: str, tagging: Tagging) -> None:
        """Note that a tagging request was carried out."""
        write, truth = self.find_write(version_id), self._state.truth
        tagged_by = list(truth.tagged_by)
        is_last = self._state.uploads == len(self._scenario.uploads)
        is_outside = is_last and not 0 <= tagging.seen < write
        tagged_by[write] = OUTSIDE_WINDOWS if is_outside else tagging
        self._state.truth = truth._replace(tagged_by=tuple(tagged_by))

    def note_message(self, number: int, etag: str, verdict: str) -> None:
        """Note that an attempt published a message."""
        truth = self._state.truth
        delivery = self._state.deliveries[self._state.attempts[number].delivery]
        message = Message(etag, verdict, delivery.seen)
        truth = truth._replace(messages=tuple(sorted({*truth.messages, message})))
        current = len(truth.writes) - 1
        could_know = delivery.seen == current or not delivery.has_looked_after
        is_false = verdict == Verdict.LOW_RISK and not self.is_judged_low(current)
        if is_false and could_know and not self._scenario.is_versioned:
            truth = truth._replace(false_message=f"{message}")
        self._state.truth = truth

    # Paid calls

    def note_call(self, number: int, label: str, *, is_by_url: bool) -> None:
        """Note a paid call. A later look can't prove what the service saw if the object has already
        changed since the look before."""
        self.close_call(number, has_failed=False)
        state = self._state
        truth = state.truth
        state.truth = truth._replace(paid_calls=_add(truth.paid_calls, label))
        is_proof = not is_by_url or self._scenario.is_versioned
        if is_proof or state.deliveries[state.attempts[number].delivery].is_current:
            state.change_attempt(number, open_call=OpenCall(label, is_proof))
        else:
            self._excuse(label)

    def note_lost_answer(self, number: int) -> None:
        """Note that nobody knows what the service answered."""
        open_call = self._state.attempts[number].open_call
        if open_call:
            self._excuse(open_call.label)
            self._state.change_attempt(number, open_call=None)

    def note_record(self, number: int, key: str, line: bytes) -> None:
        """Note that a line of an attempt arrived in the ledger."""
        attempt = self._state.attempts[number]
        record = _parse_record(key, line)
        delivery = self._state.deliveries[attempt.delivery]
        if record.is_release and delivery.has_open_window and delivery.has_looked_after:
            self._state.change_attempt(number, has_released=True)
        if attempt.open_call is not None:
            self._note_proof(number, attempt.open_call, record)

    def _note_proof(self, number: int, open_call: OpenCall, record: _Record) -> None:
        if record.kind == "finding":
            recorded = open_call._replace(content_id=record.content_id)
            self._state.change_attempt(number, open_call=None if open_call.is_proof else recorded)
        elif record.content_id == open_call.content_id and record.kind == "proof":
            self._state.change_attempt(number, open_call=None)
        elif record.content_id == open_call.content_id and record.kind == "no proof":
            self.close_call(number, has_failed=False)

    def close_call(self, number: int, *, has_failed: bool) -> None:
        """Excuse the last call of an attempt, if the attempt can't record any more what is needed
        to use its result: it has failed before, or the object has changed."""
        state = self._state
        open_call = state.attempts[number].open_call
        if open_call is None:
            return
        state.change_attempt(number, open_call=None)
        if open_call.has_changed or (has_failed and not open_call.content_id):
            self._excuse(open_call.label)
        elif open_call.content_id and state.uploads < len(self._scenario.uploads):
            truth = state.truth
            unproven = _add(truth.unproven_calls, open_call.label)
            state.truth = truth._replace(unproven_calls=unproven)

    def _excuse(self, label: str) -> None:
        truth = self._state.truth
        self._state.truth = truth._replace(excused_calls=_add(truth.excused_calls, label))


class _Record(NamedTuple):
    """What a line of the ledger says about a call: its ``finding``, a ``proof``, ``no proof``, or
    nothing."""

    kind: str
    content_id: str
    is_release: bool


@lru_cache(maxsize=10_000)
def _parse_record(key: str, line: bytes) -> _Record:
    values, content_id = json.loads(line), key.rpartition("/")[2]
    is_release = "released" in values
    if "done" in values:
        return _Record("proof", values["done"], is_release)
    if "finding" in values:
        return _Record("finding", content_id, is_release)
    if "is_proven" in values:
        return _Record("proof" if values["is_proven"] else "no proof", content_id, is_release)
    return _Record("", "", is_release)


def _add(labels: tuple[str, ...], label: str) -> tuple[str, ...]:
    return tuple(sorted((*labels, label)))
