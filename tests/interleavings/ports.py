"""The ports as an execution sees them: each method is a call that waits for its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen.deepfake.response import Detection
from facescreen.model import Verdict
from facescreen.records.history import History
from facescreen.timing import Deadline
from tests.interleavings.execution import call_port, read_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facescreen.deepfake.request import DetectRequest
    from facescreen.model import ObjectHead, ObjectRef, Outcome
    from facescreen.storage.ports import FetchedObject, ListingPage

DETECTIONS = {
    Verdict.LOW_RISK: Detection(Verdict.LOW_RISK, (), {}, "R", "T"),
    Verdict.HIGH_RISK: Detection(Verdict.HIGH_RISK, ("SuspectDeepForgery",), {}, "R", "T"),
}


class StorePort:
    """A QuarantineStore."""

    name = "oss"
    list_permission = "oss:ListObjects"
    can_convert = False
    public_origins: tuple[str, ...] = ()

    def head(self, ref: ObjectRef) -> ObjectHead:
        return call_port("store", "head", ref)  # type: ignore[no-any-return]

    def fetch(self, ref: ObjectRef, max_bytes: int) -> FetchedObject:
        return call_port("store", "fetch", ref, max_bytes)  # type: ignore[no-any-return]

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        return call_port("store", "read", ref, start, length)  # type: ignore[no-any-return]

    def convert(self, ref: ObjectRef) -> bytes:
        raise NotImplementedError

    def get_tags(self, ref: ObjectRef) -> dict[str, str]:
        return dict(call_port("store", "get_tags", ref))

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        call_port("store", "replace_tags", ref, tuple(sorted(tags.items())))

    def presign(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        return build_url(ref)

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        return build_url(ref)

    def list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        return call_port("store", "list_page", bucket, prefix, after)  # type: ignore[no-any-return]

    def list_versions(self, ref: ObjectRef) -> list[ObjectRef]:
        return list(call_port("store", "list_versions", ref))

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        call_port("store", "copy", ref, to, must_be_new)

    def can_delete(self, ref: ObjectRef) -> bool:
        return bool(ref.version_id)

    def delete(self, ref: ObjectRef) -> None:
        call_port("store", "delete", ref)

    def get_acl(self, ref: ObjectRef) -> str:
        return call_port("store", "get_acl", ref)  # type: ignore[no-any-return]

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        call_port("store", "set_acl", ref, acl)


class StatePort:
    """A StateStore."""

    def read(self, key: str) -> bytes:
        return call_port("state", "read", key)  # type: ignore[no-any-return]

    def append(self, key: str, position: int, data: bytes) -> bool:
        return call_port("state", "append", key, position, data)  # type: ignore[no-any-return]

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        raise NotImplementedError


class ServicePort:
    """The detector. The service downloads a URL, judges it and bills it in one moment."""

    def detect(self, request: DetectRequest) -> Detection:
        url = request.url() if callable(request.url) else request.url
        return DETECTIONS[call_port("service", "detect", url, request.base64, request.file)]


class PublisherPort:
    """A Publisher."""

    def publish(self, message: Mapping[str, Any]) -> None:
        data = message["data"]
        call_port("publisher", "publish", data["object"]["etag"], data["verdict"])


class HistoryPort(History):
    """The history, of which nothing but `add` is used."""

    def __init__(self) -> None:
        super().__init__(StatePort())

    def add(self, outcome: Outcome) -> None:
        call_port("history", "add", outcome.finding and outcome.finding.verdict)


def sleep(seconds: float) -> None:
    """Sleep for at least `seconds` of virtual time."""
    call_port("clock", "sleep", seconds)


@dataclass(frozen=True)
class VirtualDeadline(Deadline):
    """A deadline on the virtual clock."""

    def remaining_s(self) -> float:
        return self.at - read_clock()


def build_url(ref: ObjectRef) -> str:
    """Return a URL of the object, or of the version in `ref`."""
    return f"https://{ref.bucket}.example/{ref.key}?versionId={ref.version_id}"
