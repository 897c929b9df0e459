"""What the checker judges: what the stores and the queues hold, and the admin's records."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import oss2

from facescreen_local.cloud import STATE_BUCKET_NAME
from tests.chaos.journal import Journal
from tests.chaos.plan import PLAIN_BUCKET, VERSIONED_BUCKET
from tests.chaos.reader import Sample
from tests.chaos.uploaders import open_bucket

_READERS = 6
_MAX_STATE_OBJECTS = 1500


@dataclass(frozen=True)
class StoredObject:
    """A current object of the plain bucket, or any version of the other one."""

    bucket: str
    key: str
    version_id: str
    """Empty in the plain bucket."""
    is_current: bool
    etag: str
    object_type: str
    """``Normal``, ``Multipart``, ``Appendable`` or ``Symlink``."""
    sha256: str
    tags: dict[str, str]

    @property
    def verdict(self) -> str:
        return self.tags.get("deepfake-verdict", "")

    @property
    def name(self) -> str:
        """For people: ``oss://bucket/key``, with the version if there is one."""
        version = f" version {self.version_id}" if self.version_id else ""
        return f"oss://{self.bucket}/{self.key}{version}"


@dataclass
class Evidence:
    """Everything the checker sees."""

    objects: list[StoredObject] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Every call, as ``GET /calls/all`` lists them."""
    invocations: list[dict[str, Any]] = field(default_factory=list)
    restarted_at: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    read_counts: Counter[str] = field(default_factory=Counter)
    """The reads that led to the samples, by their result."""
    journal: Journal = field(default_factory=Journal)
    uploaded_again: list[tuple[str, str]] = field(default_factory=list)
    """Objects whose bytes were uploaded once more after their message had arrived."""
    verdicts_by_sha256: dict[str, str] = field(default_factory=dict)
    """The verdict that the plan expects for each of its contents."""
    written_texts: list[tuple[str, str]] = field(default_factory=list)
    """Logs and the state bucket, by place."""
    injected: Counter[str] = field(default_factory=Counter)

    def save(self, path: Path) -> None:
        """Write it as JSON, without the logs, to find out what led to a violation."""
        tables = {
            "objects": [asdict(one) for one in self.objects],
            "messages": self.messages,
            "dead_letters": self.dead_letters,
            "calls": self.calls,
            "invocations": self.invocations,
            "restarted_at": self.restarted_at,
            "samples": [asdict(one) for one in self.samples],
            "operations": [asdict(one) for one in self.journal.operations],
        }
        path.write_text(json.dumps(tables, indent=1))

    @property
    def billed_calls(self) -> list[dict[str, Any]]:
        return [call for call in self.calls if call["billed"]]


def to_epoch(instant: str) -> float:
    """Seconds since the epoch of ``2026-11-23T04:05:06.789Z``."""
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def read_objects(env: dict[str, str]) -> list[StoredObject]:
    """Read every object and every version, with its bytes and its tags."""
    with ThreadPoolExecutor(_READERS) as pool:
        plain, versioned = (open_bucket(env, name) for name in (PLAIN_BUCKET, VERSIONED_BUCKET))
        keys = [summary.key for summary in oss2.ObjectIterator(plain)]
        objects = list(pool.map(lambda key: _read_object(plain, key, "", True), keys))
        versions = list(_iterate_versions(versioned))
        read = partial(_read_object, versioned)
        objects += pool.map(lambda one: read(one.key, one.versionid, one.is_latest), versions)
    return objects


def read_written_texts(env: dict[str, str], data: Path) -> list[tuple[str, str]]:
    """Read the functions' logs, and of the state bucket every object, or a sample if they are
    very many."""
    logs = sorted((data / "fc" / "logs").iterdir())
    state = open_bucket(env, STATE_BUCKET_NAME)
    names = [summary.key for summary in oss2.ObjectIterator(state)]
    names = names[:: 1 + len(names) // _MAX_STATE_OBJECTS]
    with ThreadPoolExecutor(_READERS) as pool:
        entries = pool.map(lambda name: state.get_object(name).read().decode(), names)
        return [
            *((path.name, path.read_text(errors="replace")) for path in logs),
            *zip((f"state {name}" for name in names), entries, strict=True),
        ]


def _iterate_versions(bucket: oss2.Bucket) -> Iterator[oss2.models.ObjectVersionInfo]:
    key_marker = version_marker = ""
    while True:
        page = bucket.list_object_versions(
            key_marker=key_marker, versionid_marker=version_marker, max_keys=1000
        )
        yield from page.versions
        if not page.is_truncated:
            return
        key_marker, version_marker = page.next_key_marker, page.next_versionid_marker


def _read_object(bucket: oss2.Bucket, key: str, version: str, is_current: bool) -> StoredObject:
    params = {"versionId": version} if version else None
    response = bucket.get_object(key, params=params)
    content = response.read()
    tagging = bucket.get_object_tagging(key, params=params)
    return StoredObject(
        bucket=bucket.bucket_name,
        key=key,
        version_id=version,
        is_current=is_current,
        etag=response.etag,
        object_type=response.object_type,
        sha256=hashlib.sha256(content).hexdigest(),
        tags=dict(tagging.tag_set.tagging_rule),
    )
