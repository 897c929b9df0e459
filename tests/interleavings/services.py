"""The services: the stores, the detector and the bus, where the calls of the code take effect."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, TypeVar

from facescreen.errors import FacescreenError
from facescreen.model import ObjectRef, Verdict
from facescreen.testing.object_store import MemoryStore
from facescreen.testing.requests import RequestPoint
from facescreen.testing.state_store import MemoryStateStore
from tests.interleavings.execution import Call, Result
from tests.interleavings.truth import Tagging, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from tests.interleavings.scenarios import Content, Scenario, Upload
    from tests.interleavings.state import State
    from tests.interleavings.witness import Witness

ResultT = TypeVar("ResultT")

BUCKET, KEY = "selfies", "a.jpg"
_REF = ObjectRef("oss", BUCKET, KEY)
_LONG_AGO_S = 60
"""How long before its completion a multipart upload began."""
_LOOKS = frozenset({"head", "fetch", "read"})


class _Undisturbed(RequestPoint):
    """A store without hooks, and without lost and late requests of its own, which would only take
    time: the world sees to these."""

    def _perform(self, operation: str, method: Callable[..., ResultT], *args: Hashable) -> ResultT:
        return method(*args)

    def _snapshot_requests(self) -> Hashable:
        return None

    def _restore_requests(self, snapshot: Any) -> None:
        pass


class _Store(_Undisturbed, MemoryStore):
    pass


class _StateStore(_Undisturbed, MemoryStateStore):
    pass


class Services:
    """The services in one state."""

    def __init__(
        self, scenario: Scenario, state: State, contents: Mapping[str, Content], witness: Witness
    ) -> None:
        self.skew_s = 0
        """How far the clock of the node is ahead that serves the next request."""
        self.store = _Store(
            versioned=scenario.is_versioned,
            clock=lambda: state.now,
            node_skews_s=lambda: self.skew_s,
        )
        self.records = _StateStore()
        self._state = state
        self._witness = witness
        self._contents = {content.data: content for content in contents.values()}

    def save(self) -> Hashable:
        """Return the whole state. Equal states are equal."""
        return self.store.snapshot(), self.records.snapshot()

    def load(self, saved: Any) -> None:
        """Return to a saved state."""
        store, records = saved
        self.store.restore(store)
        self.records.restore(records)

    def execute(self, call: Call, number: int) -> Result:
        """Carry out a call of an attempt."""
        try:
            return Result(getattr(self, f"_execute_on_{call.port}")(call, number))
        except FacescreenError as error:
            return Result(error=type(error), message=str(error))

    def upload(self, upload: Upload) -> None:
        """Write the object, or change its ACL, as its uploader does."""
        self._witness.note_change()
        if upload.content is None:
            self.store.put_acl(BUCKET, KEY, f"acl {self._state.uploads}")
            return
        is_append = upload.kind == "append" and self.store.exists(BUCKET, KEY)
        self._witness.note_write(self._write(upload, upload.content), keeps_tags=is_append)

    def append(self, call: Call) -> bool:
        """Carry out an append to the ledger."""
        is_appended: bool = self.records.append(*call.arguments)
        if self._state.late:
            # Late appends to entries that have grown have no effect any more.
            self._state.late = tuple(
                request
                for request in self._state.late
                if request.tagging is not None or self.can_append(request.call)
            )
        return is_appended

    def can_append(self, call: Call) -> bool:
        """Whether an append names the length of its entry."""
        key, position, _ = call.arguments
        return bool(len(self.records.read(key)) == position)

    def replace_tags(self, call: Call, tagging: Tagging) -> None:
        """Carry out a tagging request."""
        ref, tags = call.arguments
        self.store.replace_tags(ref, dict(tags))
        self._witness.note_tags(ref.version_id, tagging)

    def _execute_on_store(self, call: Call, number: int) -> Hashable:
        if call.method == "replace_tags":
            self.replace_tags(call, self._witness.note_tagging_request(number))
            return None
        value = getattr(self.store, call.method)(*call.arguments)
        if call.method in _LOOKS:
            is_whole = call.method == "fetch"
            self._witness.note_look(number, call.arguments[0].version_id, is_whole=is_whole)
        return (
            tuple(value.items() if isinstance(value, dict) else value)
            if isinstance(value, dict | list)
            else value
        )

    def _execute_on_state(self, call: Call, number: int) -> Hashable:
        if call.method != "append":
            return self.records.read(*call.arguments)
        is_appended = self.append(call)
        if is_appended:
            key, _, line = call.arguments
            self._witness.note_record(number, key, line)
        return is_appended

    def _execute_on_service(self, call: Call, number: int) -> Verdict:
        """Judge what a URL shows at this moment, or the bytes in the request."""
        url, base64, file = call.arguments
        content = self._contents[self._download(url) if url else file or b64decode(base64)]
        self._witness.note_call(number, content.label, is_by_url=bool(url))
        return Verdict.LOW_RISK if content.verdict is Verdict.UNSCREENABLE else content.verdict

    def _execute_on_publisher(self, call: Call, number: int) -> None:
        self._witness.note_message(number, *call.arguments)

    def _execute_on_history(self, call: Call, number: int) -> None:
        pass

    def _execute_on_clock(self, call: Call, number: int) -> None:
        pass

    def _download(self, url: str) -> bytes:
        version_id = url.rpartition("versionId=")[2]
        return self.store.peek_data(ObjectRef("oss", BUCKET, KEY, version_id=version_id))

    def _write(self, upload: Upload, content: Content) -> Write:
        now = self._state.now
        options: dict[str, Any] = {}
        if upload.kind == "multipart":
            options = {"initiated_at": now - _LONG_AGO_S}
        elif upload.kind == "replica":
            options = {"is_replica": True, "last_modified": now - _LONG_AGO_S}
        if upload.kind == "append":
            length = len(self.store.peek_data(_REF)) if self.store.exists(BUCKET, KEY) else 0
            self.store.append(BUCKET, KEY, content.data[length:])
        else:
            self.store.put(BUCKET, KEY, content.data, **options)
        ref = self.store.create_ref(BUCKET, KEY)
        return Write(content.label, ref.etag, ref.version_id, now)
