"""Screens targets one at a time, and the same bytes once."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import IO, Any

from facescreen import errors
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.request import MAX_INLINE_BYTES, DetectRequest, create_merchant_biz_id
from facescreen.deepfake.response import Detection
from facescreen.message import build_screening_data
from facescreen.model import Finding, Verdict
from facescreen.requirements import Strictness
from facescreen.screening.findings import run_detection, screen_media
from facescreen.screening.on_demand import OnDemandScreener
from facescreen.screening.tagger import NOT_REQUESTED_RESULT
from facescreen.timing import Deadline, Timings
from facescreen_cli.commands.screen.targets import BucketObject, LocalFile, ScreenTarget, Url

TARGET_TIMEOUT_S = 120
"""For one target: the wait for a slot, the upload and the retries."""
_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class TargetResult:
    """The result of one target."""

    target: ScreenTarget
    data: dict[str, Any]
    """The data of a message."""
    paid: bool = False
    unanswered: bool = False
    """A call was sent and no response arrived: it may have been charged."""


@dataclass(frozen=True)
class TargetScreener:
    """Screens files, URLs and objects. Safe to use from several threads."""

    client: DeepfakeClient
    merchant_prefix: str
    strictness: Strictness
    cache: ResultCache
    on_demand: OnDemandScreener | None = None
    """Screens objects in buckets; None if there are none."""
    write_back: bool = False

    def screen(self, target: ScreenTarget) -> TargetResult:
        """Screen one target. Raises errors.OperatorError if every other target would fail too, and
        what the rate limiter raises."""
        try:
            key, compute = self._prepare(target)
            data, is_first = self.cache.get_or_compute(key, compute)
        except errors.OperatorError as error:
            if not isinstance(error, errors.RequestRejectedError):
                raise
            return self._failed_result(target, error.code or "BadRequest", str(error))
        except errors.FacescreenError as error:
            unanswered = isinstance(error, errors.ResponseTimeoutError)
            code = error.code or error.name
            return self._failed_result(target, code, str(error), unanswered=unanswered)
        except OSError as error:
            return self._failed_result(
                target, "UnreadableFile", error.strerror or "it can't be read"
            )
        return TargetResult(target, data, paid=is_first and is_paid(data))

    def _prepare(self, target: ScreenTarget) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Returns a key that is equal for equal content, and the function that screens it."""
        if isinstance(target, LocalFile):
            return self._prepare_file(target)
        if isinstance(target, Url):
            return target.url, lambda: self._screen_url(target.url)
        if isinstance(target, BucketObject):
            return target.name, lambda: self._screen_object(target)
        raise OSError(0, target.reason)

    def _prepare_file(self, target: LocalFile) -> tuple[str, Callable[[], dict[str, Any]]]:
        with target.open() as stream:
            digest, state = compute_sha256(stream), _get_file_state(stream)

        def screen_file() -> dict[str, Any]:
            biz_id = (self.merchant_prefix + digest)[:32]
            timings = Timings()
            with target.open() as stream:
                reader = FileReader(stream)
                finding = screen_media(
                    reader,
                    biz_id,
                    lambda media: self._detect(reader, media.kind, biz_id),
                    timings,
                    strictness=self.strictness,
                )
                if _get_file_state(stream) != state:
                    raise errors.ObjectChangedError("the file changed while it was screened")
            return build_screening_data(None, finding, NOT_REQUESTED_RESULT, timings.durations_ms)

        return digest, screen_file

    def _detect(self, reader: FileReader, kind: str, biz_id: str) -> Detection:
        deadline = Deadline.after(TARGET_TIMEOUT_S)
        reader.stream.seek(0)
        if kind == "image" and reader.size <= MAX_INLINE_BYTES:
            request = DetectRequest.from_bytes(
                reader.stream.read(MAX_INLINE_BYTES),
                kind=kind,
                merchant_biz_id=biz_id,
                deadline=deadline,
            )
        else:
            request = DetectRequest(
                file=reader.stream, kind=kind, merchant_biz_id=biz_id, deadline=deadline
            )
        return self.client.detect_stream(request)

    def _screen_url(self, url: str) -> dict[str, Any]:
        timings, biz_id = Timings(), create_merchant_biz_id(self.merchant_prefix)
        mime_type = mimetypes.guess_type(url.partition("?")[0])[0] or ""
        request = DetectRequest(
            url=url,
            kind="video" if mime_type.startswith("video/") else "image",
            merchant_biz_id=biz_id,
            deadline=Deadline.after(TARGET_TIMEOUT_S),
        )
        finding = run_detection(biz_id, lambda: self.client.detect_stream(request), timings)
        return build_screening_data(None, finding, NOT_REQUESTED_RESULT, timings.durations_ms)

    def _screen_object(self, target: BucketObject) -> dict[str, Any]:
        if self.on_demand is None:
            raise ValueError("objects need the function's ledger")
        deadline = Deadline.after(TARGET_TIMEOUT_S)
        return self.on_demand.screen_object(target.ref, deadline, write_back=self.write_back)

    def _failed_result(
        self, target: ScreenTarget, code: str, message: str, *, unanswered: bool = False
    ) -> TargetResult:
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        finding = Finding(Verdict.FAILED, "", at, reasons=(code,), detail=message)
        ref = target.ref if isinstance(target, BucketObject) else None
        return TargetResult(
            target,
            build_screening_data(ref, finding, NOT_REQUESTED_RESULT, {}),
            unanswered=unanswered,
        )


class ResultCache:
    """Computes the result of each content once, even if several threads ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._futures: dict[str, Future[dict[str, Any]]] = {}

    def get_or_compute(
        self, key: str, compute: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """Returns the result, and whether this call computed it. Raises what `compute` raised."""
        with self._lock:
            future = self._futures.get(key)
            is_first = future is None
            if future is None:
                future = self._futures[key] = Future()
        if is_first:
            try:
                future.set_result(compute())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result(), is_first


@dataclass(frozen=True)
class FileReader:
    """Lets media.probe read an open file."""

    stream: IO[bytes]

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self.stream.fileno()).st_size

    def read(self, start: int, length: int) -> bytes:
        """Read a range."""
        self.stream.seek(start)
        return self.stream.read(length)


def compute_sha256(stream: IO[bytes]) -> str:
    """SHA-256 of the rest of a stream, read in blocks."""
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _get_file_state(stream: IO[bytes]) -> tuple[int, int, int]:
    """Identifies the file's content: it changes with every write."""
    file_status = os.fstat(stream.fileno())
    return file_status.st_ino, file_status.st_size, file_status.st_mtime_ns


def is_paid(data: dict[str, Any]) -> bool:
    """Whether a call was made now and returned a result. A rejected file costs nothing."""
    return "call_ms" in data["timing"] and data["verdict"] != Verdict.UNSCREENABLE.value
