"""One target after the other is judged; the same bytes once."""

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
from facescreen.screening.tagger import NOT_REQUESTED
from facescreen.timing import Deadline, Timings
from facescreen_cli.commands.screen.targets import BucketObject, LocalFile, Target, Url

LONGEST_S = 120
"""For one target: its turn, its upload, its retries."""
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Result:
    """How one target ended."""

    target: Target
    data: dict[str, Any]
    """As in a message."""
    paid: bool = False
    unanswered: bool = False
    """A call went out and nothing came back: it may have been paid for."""


@dataclass(frozen=True)
class Judge:
    """Safe to use from several threads."""

    client: DeepfakeClient
    merchant_prefix: str
    strictness: Strictness
    once: Once
    objects: OnDemandScreener | None = None
    """For objects in buckets."""
    write_back: bool = False

    def judge(self, target: Target) -> Result:
        """Raises errors.OperatorError for what would meet every other target as well, and what
        the pace raises."""
        try:
            key, find_data = self._how(target)
            data, first = self.once.of(key, find_data)
        except errors.OperatorError as fault:
            if not isinstance(fault, errors.RequestRejectedError):
                raise
            return self._failed(target, fault.code or "BadRequest", str(fault))
        except errors.FacescreenError as error:
            unanswered = isinstance(error, errors.ResponseTimeoutError)
            code = error.code or error.name
            return self._failed(target, code, str(error), unanswered=unanswered)
        except OSError as error:
            return self._failed(target, "UnreadableFile", error.strerror or "it can't be read")
        return Result(target, data, paid=first and is_paid(data))

    def _how(self, target: Target) -> tuple[str, Callable[[], dict[str, Any]]]:
        """What tells its content from any other, and what finds out about it."""
        if isinstance(target, LocalFile):
            return self._of_file(target)
        if isinstance(target, Url):
            return target.url, lambda: self._of_url(target.url)
        if isinstance(target, BucketObject):
            return target.name, lambda: self._of_object(target)
        raise OSError(0, target.why)

    def _of_file(self, target: LocalFile) -> tuple[str, Callable[[], dict[str, Any]]]:
        with target.opened() as stream:
            digest, stamp = digest_of(stream), _stamp(stream)

        def found() -> dict[str, Any]:
            biz_id = (self.merchant_prefix + digest)[:32]
            timings = Timings()
            with target.opened() as stream:
                reader = Opened(stream)
                finding = screen_media(
                    reader,
                    biz_id,
                    lambda media, _: self._detect(reader, media.kind, biz_id),
                    timings,
                    strictness=self.strictness,
                    can_convert=False,
                )
                if _stamp(stream) != stamp:
                    raise errors.ObjectChangedError("the file changed while it was screened")
            return build_screening_data(None, finding, NOT_REQUESTED, timings.durations_ms)

        return digest, found

    def _detect(self, reader: Opened, kind: str, biz_id: str) -> Detection:
        deadline = Deadline.after(LONGEST_S)
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

    def _of_url(self, url: str) -> dict[str, Any]:
        timings, biz_id = Timings(), create_merchant_biz_id(self.merchant_prefix)
        suggested = mimetypes.guess_type(url.partition("?")[0])[0] or ""
        request = DetectRequest(
            url=url,
            kind="video" if suggested.startswith("video/") else "image",
            merchant_biz_id=biz_id,
            deadline=Deadline.after(LONGEST_S),
        )
        finding = run_detection(biz_id, lambda: self.client.detect_stream(request), timings)
        return build_screening_data(None, finding, NOT_REQUESTED, timings.durations_ms)

    def _of_object(self, target: BucketObject) -> dict[str, Any]:
        if self.objects is None:
            raise ValueError("objects need the function's ledger")
        deadline = Deadline.after(LONGEST_S)
        return self.objects.screen_object(target.ref, deadline, write_back=self.write_back)

    def _failed(self, target: Target, code: str, why: str, *, unanswered: bool = False) -> Result:
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        finding = Finding(Verdict.FAILED, "", at, reasons=(code,), detail=why)
        ref = target.ref if isinstance(target, BucketObject) else None
        return Result(
            target, build_screening_data(ref, finding, NOT_REQUESTED, {}), unanswered=unanswered
        )


class Once:
    """Finds out about each content once, whoever else asks meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Future[dict[str, Any]]] = {}

    def of(self, key: str, find_data: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
        """What is found, and whether this caller found it. Raises what `find_data` raised."""
        with self._lock:
            future = self._known.get(key)
            first = future is None
            if future is None:
                future = self._known[key] = Future()
        if first:
            try:
                future.set_result(find_data())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result(), first


@dataclass(frozen=True)
class Opened:
    """An open file, as media.probe reads it."""

    stream: IO[bytes]

    @property
    def size(self) -> int:
        """Bytes."""
        return os.fstat(self.stream.fileno()).st_size

    def read(self, start: int, length: int) -> bytes:
        """A range."""
        self.stream.seek(start)
        return self.stream.read(length)


def digest_of(stream: IO[bytes]) -> str:
    """SHA-256 of the rest of a stream, read in blocks."""
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _stamp(stream: IO[bytes]) -> tuple[int, int, int]:
    """Another one after another write."""
    told = os.fstat(stream.fileno())
    return told.st_ino, told.st_size, told.st_mtime_ns


def is_paid(data: dict[str, Any]) -> bool:
    """Whether a call was made now, and answered with a result: what is refused costs nothing."""
    return "call_ms" in data["timing"] and data["verdict"] != Verdict.UNSCREENABLE.value
