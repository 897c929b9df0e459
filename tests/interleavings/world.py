"""The world around the code under test: uploader, stores, service, bus, platform, clock, faults.

A world can be saved, loaded and compared. Everything that the code does in it passes `apply`, one
action at a time.
"""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from facescreen.errors import FacescreenError, ResponseTimeoutError, ServiceUnavailableError
from facescreen.model import ObjectRef, Verdict
from facescreen.testing.object_store import MemoryStore
from facescreen.testing.state_store import MemoryStateStore
from tests.interleavings.execution import Call, Result
from tests.interleavings.program import Library, Node
from tests.interleavings.scenarios import Scenario, Upload
from tests.interleavings.truth import Message, Tagging, Truth, Write

BUCKET, KEY = "selfies", "a.jpg"
_REF = ObjectRef("oss", BUCKET, KEY)
_START_S = 1_800_000_000
_LONG_AGO_S = 60
"""How long before its completion a multipart upload began."""
_EXPIRY_S = 15
"""Longer than a claim holds once its finding is recorded."""
MAX_LATENESS_S = 1
"""How long after its client gave up the store may still carry out a tagging request: less than two
looks that agree are apart, LATE_REQUEST_INTERVAL_S, and the wait before the first one."""
_LOOKS = frozenset({"head", "fetch", "read"})
_DATED = frozenset({"head", "fetch"})
"""Operations whose response depends on the node's clock."""
_CHANGES = frozenset(
    {"replace_tags", "set_acl", "copy", "delete", "append", "detect", "publish", "add"}
)
FAULTS = frozenset({"fail", "lose", "late", "kill", "expire"})
_DELAYABLE = frozenset({"replace_tags", "append"})


class Action(NamedTuple):
    """What happens next. `kind` is one of:

    ``step``    a call takes effect and its result arrives
    ``fail``    a call fails without an effect
    ``lose``    a call takes effect and its response is lost
    ``late``    a call fails, and takes effect later, when it is to ``land``
    ``kill``    the platform ends an attempt
    ``expire``  so much time passes that all claims expire
    ``deliver`` a failed delivery comes again
    ``upload``, ``tick``
    """

    kind: str
    number: int = 0
    """Of the attempt, the delivery, or the late request."""
    strand: str = ""
    skew_s: int = 0


class Delivery(NamedTuple):
    """One event and its attempts."""

    write: int
    attempts: int = 0
    status: str = "waiting"
    """``waiting``, ``running``, ``failed`` or ``done``."""
    seen: int = -1
    """The write that its last look saw."""
    changes_seen: int = 0
    """Truth.changes at that look."""
    has_open_window: bool = False
    """Whether it sent a tagging request, and none of its attempts has ended well since."""
    has_looked_after: bool = True
    """Whether it has looked since its last tagging request."""


class Attempt(NamedTuple):
    """A running attempt of a delivery."""

    delivery: int
    node: int
    """Where its code is."""
    ends_at: float
    """When the platform ends it."""
    wakes_at: tuple[tuple[str, float], ...] = ()
    """When each sleeping strand may continue."""
    has_unrecorded_call: bool = False
    """Whether it paid for a call, and the finding is not recorded."""
    unproven_call: int = -1
    """Truth.changes at the look before a call by URL, until it is recorded that a look after it
    found the same revision."""
    is_new: bool = True
    """Whether it has not done anything yet."""
    has_just_changed: bool = False
    """Whether its last call changed something."""


class LateRequest(NamedTuple):
    """A request whose client gave up, and that has not taken effect yet."""

    call: Call
    tagging: Tagging | None
    lands_until: float


@dataclass(slots=True)
class State:
    """All of the world that changes, except the stores."""

    now: int = _START_S
    deliveries: tuple[Delivery, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    late: tuple[LateRequest, ...] = ()
    truth: Truth = field(default_factory=Truth)
    uploads: int = 0
    faults: int = 0
    ticks: int = 0

    def freeze(self) -> tuple[Any, ...]:
        """Return the state as a value."""
        return (
            self.now,
            self.deliveries,
            self.attempts,
            self.late,
            self.truth,
            self.uploads,
            self.faults,
            self.ticks,
        )


StartAttempt = Callable[[ObjectRef, str, float], Node]
"""Starts the code for an event, under a name of its own, at a time."""


class World:
    """A scenario in one state."""

    def __init__(self, scenario: Scenario, library: Library, start_attempt: StartAttempt) -> None:
        self.scenario = scenario
        self.state = State(deliveries=tuple(map(Delivery, scenario.deliveries)))
        self.store = MemoryStore(
            versioned=scenario.is_versioned,
            clock=lambda: self.state.now,
            node_skews_s=lambda: self._skew_s,
        )
        self.records = MemoryStateStore()
        self._contents = {
            upload.content.data: upload.content for upload in scenario.uploads if upload.content
        }
        self._library = library
        self._start_attempt = start_attempt
        self._skew_s = 0
        self.apply(Action("upload"))

    def save(self) -> Hashable:
        """Return the whole state. Equal states are equal."""
        return self.state.freeze(), self.store.snapshot(), self.records.snapshot()

    def load(self, saved: Any) -> None:
        """Return to a saved state."""
        state, store, records = saved
        self.state = State(*state)
        self.store.restore(store)
        self.records.restore(records)

    @property
    def has_ended(self) -> bool:
        """Whether nothing runs and nothing is on its way."""
        return not self.state.attempts and not self.state.late

    def list_actions(self) -> Iterator[Action]:
        """Yield all that may happen next, without what can't make a difference."""
        if (local_step := self._find_local_step()) is not None:
            yield local_step
            return
        steps = list(self._list_attempt_actions())
        yield from steps
        yield from (Action("land", number) for number in range(len(self.state.late)))
        yield from self._list_deliveries()
        yield from self._list_uploads()
        if self.state.attempts:
            can_run = any(action.kind == "step" for action in steps)
            if not can_run or self.state.ticks < self.scenario.ticks:
                yield Action("tick")
            if self._may_fail("expire") and self._has_rivals():
                yield Action("expire")

    def _list_attempt_actions(self) -> Iterator[Action]:
        for number, attempt in enumerate(self.state.attempts):
            if self._must_wait_for_twin(number):
                continue
            for strand, call in self._list_runnable(attempt):
                yield from self._list_steps(number, strand, call)
                yield from self._list_call_faults(number, strand, call)
            # A process that is killed after a mere look leaves nothing else behind than one that
            # is killed before it.
            if attempt.has_just_changed and self._may_fail("kill"):
                yield Action("kill", number)

    def _may_fail(self, kind: str) -> bool:
        return self.state.faults < self.scenario.faults and kind in self.scenario.fault_kinds

    def _has_rivals(self) -> bool:
        """Whether an attempt may take over what another one has just begun."""
        attempts = self.state.attempts
        return len(attempts) > 1 and any(attempt.has_just_changed for attempt in attempts)

    def _find_local_step(self) -> Action | None:
        """Return a step that commutes with everything that may still happen, if there is one. It
        is enough to explore it first."""
        state, scenario = self.state, self.scenario
        if state.faults < scenario.faults or state.ticks < scenario.ticks:
            return None
        local = {"clock", "history"}
        if state.uploads == len(scenario.uploads):
            local.add("publisher")
        for number, attempt in enumerate(state.attempts):
            for strand, call in self._list_runnable(attempt):
                if call.port in local:
                    return Action("step", number, strand)
        return None

    def _must_wait_for_twin(self, number: int) -> bool:
        """Whether another delivery of the same event starts first: it does not matter which."""
        if number == 0 or not self.state.attempts[number].is_new:
            return False
        twin, attempt = self.state.attempts[number - 1 : number + 1]
        deliveries = self.state.deliveries
        are_equal = deliveries[twin.delivery] == deliveries[attempt.delivery]
        return (
            twin.is_new
            and are_equal
            and twin._replace(node=0, delivery=0) == attempt._replace(node=0, delivery=0)
        )

    def _list_runnable(self, attempt: Attempt) -> Iterator[tuple[str, Call]]:
        """Yield the strands that don't sleep, with their next calls."""
        for strand, call in self._library[attempt.node].pending.items():
            if call.port != "clock" or dict(attempt.wakes_at)[strand] <= self.state.now:
                yield strand, call

    def _list_steps(self, number: int, strand: str, call: Call) -> Iterator[Action]:
        skews_s = self.scenario.skews_s if call.method in _DATED else (0,)
        for skew_s in skews_s:
            yield Action("step", number, strand, skew_s)

    def _list_call_faults(self, number: int, strand: str, call: Call) -> Iterator[Action]:
        if call.port == "clock":
            return
        if self._may_fail("fail"):
            yield Action("fail", number, strand)
        if call.method in _CHANGES and self._may_fail("lose"):
            yield Action("lose", number, strand)
        if call.method in _DELAYABLE and self._may_fail("late"):
            yield Action("late", number, strand)

    def _list_deliveries(self) -> Iterator[Action]:
        for number, delivery in enumerate(self.state.deliveries):
            if delivery.status == "failed" and delivery.attempts <= self.scenario.redeliveries:
                yield Action("deliver", number)

    def _list_uploads(self) -> Iterator[Action]:
        if self.state.uploads < len(self.scenario.uploads):
            is_write = self.scenario.uploads[self.state.uploads].content is not None
            for skew_s in self.scenario.skews_s if is_write else (0,):
                yield Action("upload", skew_s=skew_s)

    def apply(self, action: Action) -> None:
        """Let one action happen."""
        self._skew_s = action.skew_s
        if action.kind in FAULTS:
            self.state.faults += 1
        getattr(self, f"_{action.kind}")(action)

    def describe(self, action: Action) -> str:
        """Describe an action that may happen in this state."""
        state = self.state
        at = f"{state.now - _START_S:3} s  "
        skew = f" at the node that is {action.skew_s} s ahead" if action.skew_s else ""
        if action.kind == "upload":
            return f"{at}{self.scenario.uploads[state.uploads]}{skew}"
        if action.kind == "land":
            return f"{at}land {_describe_call(state.late[action.number].call)}"
        if action.kind == "deliver":
            return f"{at}deliver event {action.number} again"
        if action.kind not in ("step", "fail", "lose", "late", "kill"):
            return f"{at}{action.kind}"
        attempt = state.attempts[action.number]
        delivery = state.deliveries[attempt.delivery]
        who = f"{at}event {attempt.delivery}, attempt {delivery.attempts}{action.strand}: "
        if action.kind == "kill":
            return f"{who}killed"
        call = _describe_call(self._library[attempt.node].pending[action.strand])
        return who + (call if action.kind == "step" else f"{action.kind} {call}") + skew

    # Actions

    def _step(self, action: Action) -> None:
        call = self._get_call(action)
        result = Result() if call.port == "clock" else self._execute(call, action.number)
        self._answer(action, result)

    def _fail(self, action: Action) -> None:
        self._answer(action, Result(error=ServiceUnavailableError, message="unavailable"))

    def _lose(self, action: Action) -> None:
        self._execute(self._get_call(action), action.number)
        if self._get_call(action).port != "service":
            self._answer(action, Result(error=ServiceUnavailableError, message="no response"))
            return
        self._excuse_calls(1)
        self._change_attempt(action.number, has_unrecorded_call=False, unproven_call=-1)
        self._answer(action, Result(error=ResponseTimeoutError, message="no response"))

    def _late(self, action: Action) -> None:
        call = self._get_call(action)
        tagging = self._send_tagging(action.number) if call.method == "replace_tags" else None
        lands_until = self.state.now + MAX_LATENESS_S if tagging else math.inf
        request = LateRequest(call, tagging, lands_until)
        self.state.late = (*self.state.late, request)
        self._answer(action, Result(error=ServiceUnavailableError, message="timeout"))

    def _land(self, action: Action) -> None:
        request = self.state.late[action.number]
        self.state.late = tuple(other for other in self.state.late if other is not request)
        if request.tagging is None:
            self.records.append(*request.call.arguments)
            self._forget_failed_appends()
        else:
            self._replace_tags(request.call, request.tagging)

    def _kill(self, action: Action) -> None:
        self._end_attempt(action.number, "failed")

    def _expire(self, _: Action) -> None:
        """What nobody has proven by now, others may have given up waiting for."""
        for number in range(len(self.state.attempts)):
            self._excuse_unproven_call(number)
            self._change_attempt(number, has_unrecorded_call=False, unproven_call=-1)
        self.advance(_EXPIRY_S)

    def _tick(self, _: Action) -> None:
        self.state.ticks += 1
        self.advance(1)

    def _deliver(self, action: Action) -> None:
        self.start(action.number)

    def _upload(self, _: Action) -> None:
        upload = self.scenario.uploads[self.state.uploads]
        truth = self.state.truth
        truth = truth._replace(changes=truth.changes + 1)
        if upload.content is not None:
            keeps_tags = upload.kind == "append" and truth.tagged_by
            tagging = truth.tagged_by[-1] if keeps_tags else None
            truth = truth._replace(
                writes=(*truth.writes, self._write(upload)), tagged_by=(*truth.tagged_by, tagging)
            )
        else:
            self.store.put_acl(BUCKET, KEY, f"acl {self.state.uploads}")
        self.state.uploads += 1
        self.state.truth = truth
        for number, delivery in enumerate(self.state.deliveries):
            if delivery.status == "waiting" and delivery.write < len(truth.writes):
                self.start(number)

    # The platform

    def start(self, number: int) -> None:
        """Start the next attempt of a delivery."""
        delivery = self.state.deliveries[number]
        write = self.state.truth.writes[delivery.write]
        self._change_delivery(number, status="running", attempts=delivery.attempts + 1)
        version_id = write.version_id if self.scenario.events_name_versions else ""
        event = ObjectRef("oss", BUCKET, KEY, write.etag, version_id)
        owner = f"event {number}, attempt {delivery.attempts + 1}"
        node = self._start_attempt(event, owner, self.state.now)
        attempt = Attempt(number, node.id, self.state.now + self.scenario.timeout_s)
        self.state.attempts = (*self.state.attempts, attempt)
        self._go_to(len(self.state.attempts) - 1, node, {})

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
                self._kill(Action("kill", number))

    def _answer(self, action: Action, result: Result) -> None:
        """Return the result of a call to the code, and let the code run to its next calls."""
        attempt = self.state.attempts[action.number]
        pending = self._library[attempt.node].pending
        has_changed = pending[action.strand].method in _CHANGES
        self._change_attempt(action.number, is_new=False, has_just_changed=has_changed)
        node = self._library[attempt.node].get_next(action.strand, result, self.state.now)
        self._go_to(
            action.number, node, {name: pending[name] for name in pending if name != action.strand}
        )

    def _go_to(self, number: int, node: Node, waiting: dict[str, Call]) -> None:
        attempt = self.state.attempts[number]
        if node.ending is not None:
            if node.ending.error is None:
                self._end_attempt(number, "done")
            elif isinstance(node.ending.error, FacescreenError):
                self._kill(Action("kill", number))
            else:
                raise node.ending.error
            return
        wakes_at = {name: at for name, at in attempt.wakes_at if name in waiting}
        for name, call in node.pending.items():
            if call.port == "clock" and name not in waiting:
                wakes_at[name] = self.state.now + call.arguments[0]
        self._change_attempt(number, node=node.id, wakes_at=tuple(sorted(wakes_at.items())))

    def _end_attempt(self, number: int, status: str) -> None:
        self._excuse_unproven_call(number)
        attempts = self.state.attempts
        delivery = attempts[number].delivery
        self.state.attempts = attempts[:number] + attempts[number + 1 :]
        self._change_delivery(delivery, status=status)
        if status == "done":
            self._change_delivery(delivery, has_open_window=False)

    def _get_call(self, action: Action) -> Call:
        return self._library[self.state.attempts[action.number].node].pending[action.strand]

    def _change_attempt(self, number: int, **changes: Any) -> None:
        attempts = list(self.state.attempts)
        attempts[number] = attempts[number]._replace(**changes)
        self.state.attempts = tuple(attempts)

    def _change_delivery(self, number: int, **changes: Any) -> None:
        deliveries = list(self.state.deliveries)
        deliveries[number] = deliveries[number]._replace(**changes)
        self.state.deliveries = tuple(deliveries)

    # The services

    def _execute(self, call: Call, number: int) -> Result:
        """Carry out a call of an attempt."""
        try:
            return Result(getattr(self, f"_execute_on_{call.port}")(call, number))
        except FacescreenError as error:
            return Result(error=type(error), message=str(error))

    def _execute_on_store(self, call: Call, number: int) -> Hashable:
        if call.method == "replace_tags":
            self._replace_tags(call, self._send_tagging(number))
            return None
        value = getattr(self.store, call.method)(*call.arguments)
        if call.method in _LOOKS:
            self._note_look(call.arguments[0], number)
        return (
            tuple(value.items() if isinstance(value, dict) else value)
            if isinstance(value, dict | list)
            else value
        )

    def _execute_on_state(self, call: Call, number: int) -> Hashable:
        result: Hashable = getattr(self.records, call.method)(*call.arguments)
        if call.method == "append":
            self._forget_failed_appends()
            if result:
                self._note_record(call.arguments[2], number)
        return result

    def _forget_failed_appends(self) -> None:
        """Forget late appends to entries that have grown, as they have no effect any more."""
        if self.state.late:
            self.state.late = tuple(filter(self._may_have_effect, self.state.late))

    def _may_have_effect(self, request: LateRequest) -> bool:
        if request.tagging is not None:
            return True
        key, position, _ = request.call.arguments
        return bool(len(self.records.read(key)) == position)

    def _execute_on_service(self, call: Call, number: int) -> Verdict:
        """Judge what a URL shows at this moment, or the bytes in the request."""
        url, base64, file = call.arguments
        data = self._download(url) if url else file or b64decode(base64)
        content = self._contents[data]
        delivery = self.state.deliveries[self.state.attempts[number].delivery]
        self._excuse_unproven_call(number)
        changes = delivery.changes_seen if url and not self.scenario.is_versioned else -1
        self._change_attempt(number, has_unrecorded_call=True, unproven_call=changes)
        truth = self.state.truth
        paid_calls = tuple(sorted((*truth.paid_calls, content.label)))
        self.state.truth = truth._replace(paid_calls=paid_calls)
        return Verdict.LOW_RISK if content.verdict is Verdict.UNSCREENABLE else content.verdict

    def _download(self, url: str) -> bytes:
        version_id = url.rpartition("versionId=")[2]
        return self.store.peek_data(ObjectRef("oss", BUCKET, KEY, version_id=version_id))

    def _execute_on_publisher(self, call: Call, number: int) -> None:
        etag, verdict = call.arguments
        truth = self.state.truth
        delivery = self.state.deliveries[self.state.attempts[number].delivery]
        message = Message(etag, verdict, delivery.seen)
        truth = truth._replace(messages=tuple(sorted({*truth.messages, message})))
        current = len(truth.writes) - 1
        could_know = delivery.seen == current or not delivery.has_looked_after
        is_false = verdict == Verdict.LOW_RISK and not self.is_judged_low(current)
        if is_false and could_know and not self.scenario.is_versioned:
            truth = truth._replace(false_message=f"{message}")
        self.state.truth = truth

    def _execute_on_history(self, call: Call, number: int) -> None:
        pass

    def _write(self, upload: Upload) -> Write:
        assert upload.content is not None
        now = self.state.now
        options: dict[str, Any] = {}
        if upload.kind == "multipart":
            options = {"initiated_at": now - _LONG_AGO_S}
        elif upload.kind == "replica":
            options = {"is_replica": True, "last_modified": now - _LONG_AGO_S}
        if upload.kind == "append":
            length = len(self.store.peek_data(_REF)) if self.store.exists(BUCKET, KEY) else 0
            self.store.append(BUCKET, KEY, upload.content.data[length:])
        else:
            self.store.put(BUCKET, KEY, upload.content.data, **options)
        ref = self.store.create_ref(BUCKET, KEY)
        return Write(upload.content.label, ref.etag, ref.version_id, now)

    # What the invariants need to know

    def find_write(self, version_id: str) -> int:
        """Return the number of the write that made a version, or of the last write."""
        writes = self.state.truth.writes
        if not version_id:
            return len(writes) - 1
        return next(n for n, write in enumerate(writes) if write.version_id == version_id)

    def is_judged_low(self, write: int) -> bool:
        label = self.state.truth.writes[write].label
        return label in self.state.truth.paid_calls and self.get_verdict(label) is Verdict.LOW_RISK

    def get_verdict(self, label: str) -> Verdict:
        """Return what the service says about a content."""
        return next(c.verdict for c in self._contents.values() if c.label == label)

    def _send_tagging(self, number: int) -> Tagging:
        delivery_number = self.state.attempts[number].delivery
        delivery = self.state.deliveries[delivery_number]
        self._change_delivery(delivery_number, has_open_window=True, has_looked_after=False)
        return Tagging(delivery_number, delivery.seen)

    def _replace_tags(self, call: Call, tagging: Tagging) -> None:
        ref, tags = call.arguments
        self.store.replace_tags(ref, dict(tags))
        truth = self.state.truth
        tagged_by = list(truth.tagged_by)
        tagged_by[self.find_write(ref.version_id)] = tagging
        self.state.truth = truth._replace(tagged_by=tuple(tagged_by))

    def _note_look(self, ref: ObjectRef, number: int) -> None:
        self._change_delivery(
            self.state.attempts[number].delivery,
            seen=self.find_write(ref.version_id),
            changes_seen=self.state.truth.changes,
            has_looked_after=True,
        )

    def _note_record(self, line: bytes, number: int) -> None:
        if b'"finding"' in line:
            self._change_attempt(number, has_unrecorded_call=False)
        elif b'"is_proven":false' in line:
            self._excuse_unproven_call(number)
            self._change_attempt(number, unproven_call=-1)
        if b'"done"' in line or b'"is_proven":true' in line:
            self._change_attempt(number, unproven_call=-1)

    def _excuse_unproven_call(self, number: int) -> None:
        """Excuse the last call of an attempt, if the attempt can't record any more what is needed
        to use its result."""
        attempt = self.state.attempts[number]
        if attempt.has_unrecorded_call:
            self._excuse_calls(1)
        elif attempt.unproven_call >= 0:
            truth = self.state.truth
            unproven = tuple(sorted((*truth.unproven_calls, attempt.unproven_call)))
            self.state.truth = truth._replace(unproven_calls=unproven)

    def _excuse_calls(self, count: int) -> None:
        truth = self.state.truth
        self.state.truth = truth._replace(excused_calls=truth.excused_calls + count)


def _describe_call(call: Call) -> str:
    text = f"{call.port}.{call.method}"
    if call.method == "append":
        return f"{text} {call.arguments[2].decode().strip():.90}"
    if call.method == "replace_tags":
        return f"{text} {dict(call.arguments[1]).get('deepfake-verdict', 'without a verdict')}"
    return text
