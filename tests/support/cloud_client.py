"""A running local cloud and a client of it, for tests of the pipeline."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import oss2
from mns.account import Account
from mns.mns_exception import MNSServerException

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.cloud import LocalCloud
from tests.support.distinct import make_distinct
from tests.support.packaged_functions import packaged_interpreters
from tests.support.wait import wait_for

PROJECT = Path(__file__).parents[2]
_VERDICTS_LOCK = threading.Lock()
FAST_SETTINGS = {"CALLS_PER_SECOND": "50"}


@dataclass
class LocalCloudClient:
    """A client of the local cloud that knows only the env file's values, `env`."""

    env: dict[str, str]
    wait_until_idle: Callable[[], None] = lambda: None
    """Waits until every event has been handled."""
    verdicts_file: Path | None = None
    """The cloud's scripted verdicts. A distinct copy of scripted bytes gets the same verdict."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Every message received so far."""
    all_dead_letters: list[dict[str, Any]] = field(default_factory=list)
    """Every dead letter received so far."""

    def __post_init__(self) -> None:
        key = self.env["ALIBABA_CLOUD_ACCESS_KEY_ID"], self.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        self.bucket = oss2.Bucket(
            oss2.AuthV4(*key),
            self.env["OSS_ENDPOINT"],
            self.env["OSS_BUCKET"],
            region=self.env["OSS_REGION"],
        )
        self.account = Account(self.env["MNS_ENDPOINT"], *key)
        self.admin = httpx.Client(base_url=self.env["LOCAL_ADMIN"])

    def put(
        self,
        key: str,
        data: bytes,
        tags: dict[str, str] | None = None,
        *,
        headers: dict[str, str] | None = None,
        is_distinct: bool = True,
    ) -> str:
        """Upload an object; with `is_distinct` the bytes differ from those under other keys.
        Returns its ETag."""
        if is_distinct:
            data = self._make_distinct(data, key)
        pairs = "&".join(f"{name}={value}" for name, value in (tags or {}).items())
        tagging = {"x-oss-tagging": pairs} if pairs else {}
        etag: str = self.bucket.put_object(key, data, headers={**tagging, **(headers or {})}).etag
        return etag

    def tags(self, key: str) -> dict[str, str]:
        return dict(self.bucket.get_object_tagging(key).tag_set.tagging_rule)

    def set_behaviour(self, **services: Any) -> None:
        """Set faults, latencies and quotas of the services (``PUT /behaviour``)."""
        response = self.admin.put("/behaviour", json=services)
        assert response.status_code == 200, response.text

    def all_faults_used(self, service: str) -> bool:
        """Whether every fault that was set has occurred; a request that hangs has then begun."""
        behaviour = self.admin.put("/behaviour", json={}).json()
        return not behaviour[service]["faults"]

    def billed_calls(self, key: str = "") -> list[dict[str, Any]]:
        """The billed calls, for one object or for all."""
        uri = f"oss://{self.env['OSS_BUCKET']}/{key}"
        calls = self.admin.get("/calls").json()
        return [call for call in calls if not key or call["object"] == uri]

    def invocations(self) -> list[dict[str, Any]]:
        invocations: list[dict[str, Any]] = self.admin.get("/invocations").json()
        return invocations

    def receive_messages(self) -> list[dict[str, Any]]:
        """Receive the messages waiting; returns every message received so far."""
        self.messages += self._drain("MNS_QUEUE")
        return self.messages

    def receive_dead_letters(self) -> list[dict[str, Any]]:
        """Receive the dead letters waiting; returns only them."""
        self.all_dead_letters += (received := self._drain("MNS_DLQ"))
        return received

    def wait_for_dead_letters(self) -> list[dict[str, Any]]:
        """Wait for at least one dead letter, and receive all waiting."""
        received: list[dict[str, Any]] = []

        def has_received() -> bool:
            received.extend(self.receive_dead_letters())
            return bool(received)

        wait_for(has_received, "a dead letter")
        return received

    def messages_about(self, key: str) -> list[dict[str, Any]]:
        return [m for m in self.receive_messages() if m["data"]["object"]["key"] == key]

    def wait_for_message(self, key: str, count: int = 1) -> dict[str, Any]:
        """Wait for `count` messages about `key`; returns the last."""
        wait_for(lambda: len(self.messages_about(key)) >= count, f"{count} messages about {key}")
        return self.messages_about(key)[-1]

    def _make_distinct(self, data: bytes, key: str) -> bytes:
        distinct = make_distinct(data, key)
        with _VERDICTS_LOCK:
            self._copy_verdict(data, distinct)
        return distinct

    def _copy_verdict(self, data: bytes, distinct: bytes) -> None:
        if self.verdicts_file is not None and self.verdicts_file.exists():
            verdicts = json.loads(self.verdicts_file.read_text())
            verdict = verdicts.get(hashlib.sha256(data).hexdigest())
            if verdict is not None:
                verdicts[hashlib.sha256(distinct).hexdigest()] = verdict
                replacement = self.verdicts_file.with_suffix(".new")
                replacement.write_text(json.dumps(verdicts))
                replacement.replace(self.verdicts_file)

    def close(self) -> None:
        self.admin.close()
        self.account.mns_client.close_connection()

    def _drain(self, queue_variable: str) -> list[dict[str, Any]]:
        queue = self.account.get_queue(self.env[queue_variable])
        bodies: list[dict[str, Any]] = []
        while True:
            try:
                message = queue.receive_message(wait_seconds=0)
            except MNSServerException as error:
                if error.type != "MessageNotExist":
                    raise
                return bodies
            bodies.append(json.loads(message.message_body))
            queue.delete_message(message.receipt_handle)


@contextmanager
def run_local_cloud(
    folder: Path, project: Path = PROJECT, /, template: str = "s.yaml", **settings: str
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """Run a local cloud and yield it with a client of it. `settings` are the function's."""
    with BackgroundLoop() as loop:
        cloud = LocalCloud(
            folder,
            project,
            {**FAST_SETTINGS, **settings},
            template=template,
            interpreters=None
            if project != PROJECT or "FC_RUNTIME" in settings
            else packaged_interpreters(),
        )
        try:
            loop.run(cloud.start())
            cloud_client = LocalCloudClient(
                cloud.build_client_environment(),
                lambda: loop.run(cloud.fc.functions.wait_until_idle(), 120),
                folder / "verdicts.json",
            )
            try:
                yield cloud, cloud_client
            finally:
                cloud_client.close()
        finally:
            loop.run(cloud.stop())


@contextmanager
def run_versioned_cloud(
    folder: Path, **settings: str
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """Run a local cloud whose bucket has versioning, so that no object waits for its revision to
    settle: for tests that are not about what is done without versions."""
    with run_local_cloud(folder, **settings) as (cloud, cloud_client):
        cloud.oss.create_bucket(cloud_client.env["OSS_BUCKET"], versioning=True)
        yield cloud, cloud_client
