"""The uploaders: run the scripts of a plan against the store, like the clients of a company."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import floor
from time import sleep, time

import oss2

from tests.chaos.contents import Content
from tests.chaos.journal import Journal, Operation
from tests.chaos.mailbox import Mailbox
from tests.chaos.plan import PLAIN_BUCKET, VERSIONED_BUCKET, Action, Plan, Script, Step
from tests.chaos.plan_clock import PlanClock

OWN_TAGS = {"team": "onboarding", "case": "4711"}
"""The tags of PUT_WITH_TAGS."""
_MAX_UPLOADERS = 128
_MAX_ATTEMPTS = 60
_RETRY_PAUSE_S = 0.25
_REQUEST_TIMEOUT_S = 10
_MESSAGE_TIMEOUT_S = 20


class UploadsError(AssertionError):
    """An uploader gave up, so the campaign shows nothing."""


class Uploaders:
    """Runs every script of a plan at its time."""

    def __init__(self, env: dict[str, str], journal: Journal, mailbox: Mailbox) -> None:
        self._buckets = {name: open_bucket(env, name) for name in (PLAIN_BUCKET, VERSIONED_BUCKET)}
        self._journal = journal
        self._mailbox = mailbox
        self.uploaded_again: list[tuple[str, str]] = []
        """Objects whose bytes were uploaded once more after their message had arrived."""
        self._uploads: dict[tuple[str, str], list[tuple[str, oss2.models.PartInfo]]] = defaultdict(
            list
        )
        self._sources: set[tuple[str, str]] = set()
        self._sources_lock = threading.Lock()

    def create_buckets(self) -> None:
        """Create the versioned bucket. The local cloud creates the other one."""
        bucket = self._buckets[VERSIONED_BUCKET]
        bucket.create_bucket()
        bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))

    def warm_up(self, uploads: int) -> None:
        """Upload some pictures, so that as many instances run before the first fault."""
        for number in range(uploads):
            content = Content(f"warm-{number}", "low_risk")
            step = Step(Action.PUT, content)
            self._put_content(PLAIN_BUCKET, f"warm/{number}.jpg", step, {})

    def run(self, plan: Plan, clock: PlanClock) -> None:
        """Run all scripts, and return when the last one has ended."""
        running: list[Future[None]] = []
        with ThreadPoolExecutor(_MAX_UPLOADERS) as pool:
            for script in sorted(plan.scripts, key=lambda one: one.start_s):
                clock.sleep_until(script.start_s)
                running.append(pool.submit(self._run_script, script))
        for future in running:
            future.result()

    def _run_script(self, script: Script) -> None:
        sent_at = time()
        for step in script.steps:
            before = floor(sent_at) if step.after_second else time()
            sleep(max(0.0, before + step.pause_s - time()))
            sent_at = time()
            _ACTIONS[step.action](self, script, step)

    def put(self, script: Script, step: Step, tags: str = "") -> None:
        headers = {"x-oss-tagging": tags} if tags else {}
        self._put_content(script.bucket, script.key, step, headers)

    def put_with_tags(self, script: Script, step: Step) -> None:
        self.put(script, step, "&".join(f"{name}={value}" for name, value in OWN_TAGS.items()))

    def copy(self, script: Script, step: Step) -> None:
        content = _require_content(step)
        source = f"sources/{content.name}.jpg"
        self._put_source(script.bucket, source, step)
        bucket = self._buckets[script.bucket]
        self._send(
            _Request(
                *(script.bucket, script.key, step.action, content.sha256),
                send=lambda: bucket.copy_object(script.bucket, source, script.key),
            )
        )

    def multipart(self, script: Script, step: Step) -> None:
        """Begin an upload, pause once more, and complete it: Last-Modified may be its beginning."""
        self.begin_multipart(script, step)
        sleep(step.pause_s)
        self.complete_multipart(script, step)

    def begin_multipart(self, script: Script, step: Step) -> None:
        bucket, data = self._buckets[script.bucket], _require_content(step).data
        upload_id = _retry(lambda: bucket.init_multipart_upload(script.key)).upload_id
        part = _retry(lambda: bucket.upload_part(script.key, upload_id, 1, data))
        upload = upload_id, oss2.models.PartInfo(1, part.etag)
        self._uploads[script.bucket, script.key].append(upload)

    def complete_multipart(self, script: Script, step: Step) -> None:
        bucket, content = self._buckets[script.bucket], _require_content(step)
        upload_id, part = self._uploads[script.bucket, script.key].pop(0)
        self._send(
            _Request(
                *(script.bucket, script.key, step.action, content.sha256),
                send=lambda: bucket.complete_multipart_upload(script.key, upload_id, [part]),
                # A repeated request finds no upload if the first one has completed it.
                accepted_code="NoSuchUpload",
            )
        )

    def append(self, script: Script, step: Step) -> None:
        """Append at the end. A repeated request finds another position if the first has acted."""
        bucket, data = self._buckets[script.bucket], _require_content(step).data
        steps = script.steps[: script.steps.index(step) + 1]
        whole = b"".join(_require_content(one).data for one in steps)
        position = len(whole) - len(data)
        self._send(
            _Request(
                *(script.bucket, script.key, step.action, hashlib.sha256(whole).hexdigest()),
                send=lambda: bucket.append_object(script.key, position, data),
                accepted_code="PositionNotEqualToLength",
            )
        )

    def symlink(self, script: Script, step: Step) -> None:
        target, bucket = f"{script.key}.target.jpg", self._buckets[script.bucket]
        self._put_content(script.bucket, target, step, {})
        self._send_to_key(script, step, lambda: bucket.put_symlink(target, script.key))

    def set_acl(self, script: Script, step: Step) -> None:
        bucket = self._buckets[script.bucket]
        private = oss2.OBJECT_ACL_PRIVATE
        self._send_to_key(script, step, lambda: bucket.put_object_acl(script.key, private))

    def delete(self, script: Script, step: Step) -> None:
        bucket = self._buckets[script.bucket]
        self._send_to_key(script, step, lambda: bucket.delete_object(script.key))

    def delete_version(self, script: Script, step: Step) -> None:
        """Delete the current version, so that the one before becomes current; in the plain bucket
        delete the object."""
        bucket = self._buckets[script.bucket]
        version = _retry(lambda: bucket.head_object(script.key)).versionid
        params = {"versionId": version} if version else None
        self._send_to_key(script, step, lambda: bucket.delete_object(script.key, params=params))

    def wait_for_message(self, script: Script, _: Step) -> None:
        if self._mailbox.wait_for_message(script.bucket, script.key, _MESSAGE_TIMEOUT_S):
            self.uploaded_again.append((script.bucket, script.key))

    def _put_source(self, bucket: str, key: str, step: Step) -> None:
        with self._sources_lock:
            if (bucket, key) not in self._sources:
                self._put_content(bucket, key, step, {})
                self._sources.add((bucket, key))

    def _put_content(self, bucket: str, key: str, step: Step, headers: dict[str, str]) -> None:
        content, store = _require_content(step), self._buckets[bucket]
        action = step.action if step.action is Action.PUT_WITH_TAGS else Action.PUT
        data = content.data
        self._send(
            _Request(
                *(bucket, key, action, content.sha256),
                send=lambda: store.put_object(key, data, headers=headers),
            )
        )

    def _send_to_key(
        self, script: Script, step: Step, send: Callable[[], oss2.models.RequestResult]
    ) -> None:
        """Send a request that writes no bytes."""
        self._send(_Request(script.bucket, script.key, step.action, "", send=send))

    def _send(self, request: _Request) -> None:
        """Send a request until it succeeds, and record every attempt."""

        def send_recorded() -> None:
            with self._journal.record(
                request.bucket, request.key, request.action, request.sha256
            ) as operation:
                _send_once(request, operation)

        _retry(send_recorded)


@dataclass(frozen=True)
class _Request:
    """A request to the store."""

    bucket: str
    key: str
    action: Action
    sha256: str
    """Of the bytes that it writes; empty if it writes none."""
    send: Callable[[], oss2.models.RequestResult]
    accepted_code: str = ""
    """The error that a repeated request gets if an earlier one has acted."""


def open_bucket(env: dict[str, str], name: str) -> oss2.Bucket:
    """A client of one bucket. It does not retry by itself."""
    auth = oss2.AuthV4(env["ALIBABA_CLOUD_ACCESS_KEY_ID"], env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
    return oss2.Bucket(
        auth,
        env["OSS_ENDPOINT"],
        name,
        region=env["OSS_REGION"],
        session=oss2.Session(pool_size=_MAX_UPLOADERS),
        connect_timeout=_REQUEST_TIMEOUT_S,
    )


def _send_once(request: _Request, operation: Operation) -> None:
    try:
        result = request.send()
    except oss2.exceptions.ServerError as error:
        if not request.accepted_code or error.code != request.accepted_code:
            raise
    else:
        operation.etag = getattr(result, "etag", None) or ""
        operation.version_id = getattr(result, "versionid", None) or ""
    operation.succeeded = True


def _retry(send: Callable[[], oss2.models.RequestResult | None]) -> oss2.models.RequestResult:
    """Send until it succeeds. Raises UploadsError, and the store's refusals."""
    for _ in range(_MAX_ATTEMPTS):
        try:
            return send()
        except (oss2.exceptions.RequestError, oss2.exceptions.ServerError) as error:
            if 400 <= error.status < 500:
                raise
        sleep(_RETRY_PAUSE_S)
    raise UploadsError("the store did not answer")


def _require_content(step: Step) -> Content:
    assert step.content is not None
    return step.content


_ACTIONS: dict[Action, Callable[[Uploaders, Script, Step], None]] = {
    Action.PUT: Uploaders.put,
    Action.PUT_WITH_TAGS: Uploaders.put_with_tags,
    Action.COPY: Uploaders.copy,
    Action.MULTIPART: Uploaders.multipart,
    Action.BEGIN_MULTIPART: Uploaders.begin_multipart,
    Action.COMPLETE_MULTIPART: Uploaders.complete_multipart,
    Action.APPEND: Uploaders.append,
    Action.SYMLINK: Uploaders.symlink,
    Action.SET_ACL: Uploaders.set_acl,
    Action.DELETE: Uploaders.delete,
    Action.DELETE_VERSION: Uploaders.delete_version,
    Action.WAIT_FOR_MESSAGE: Uploaders.wait_for_message,
}
