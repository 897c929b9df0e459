"""Detectors: one that returns what the test scripts, and one that judges the bytes it gets."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import Detection
from facescreen.model import Verdict
from facescreen.testing.object_store import MemoryStore
from facescreen.timing import Deadline

LOW_RISK = Detection(Verdict.LOW_RISK, (), {}, "REQ-1", "TX-1")
HIGH_RISK = Detection(
    Verdict.HIGH_RISK, ("SuspectDeepForgery",), {"SuspectDeepForgery": 0.96}, "REQ-2", "TX-2"
)


@dataclass
class ScriptedDetector:
    """A detector that returns or raises the next item of `script`, and LOW_RISK after the last.

    `on_detect` is called in each detection, before it ends.
    """

    script: list[Detection | Exception] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    biz_ids: list[str] = field(default_factory=list)
    deadlines: list[Deadline | None] = field(default_factory=list)
    on_detect: Callable[[], None] = lambda: None

    def detect(self, request: DetectRequest) -> Detection:
        self.urls.append(request.url() if callable(request.url) else request.url)
        self.biz_ids.append(request.merchant_biz_id)
        self.deadlines.append(request.deadline)
        self.on_detect()
        result = self.script.pop(0) if self.script else LOW_RISK
        if isinstance(result, Exception):
            raise result
        return result


@dataclass
class JudgingDetector:
    """A detector that downloads or takes the bytes, as the service does, and judges `flagged` ones
    as high risk and all others as low risk. Each response has its own request id.

    A call takes `call_s`, by `sleep`. The service downloads in the middle of it.
    """

    store: MemoryStore
    flagged: list[bytes] = field(default_factory=list)
    sleep: Callable[[float], None] = time.sleep
    call_s: float = 0.35
    judged: list[bytes] = field(default_factory=list)
    """What it was paid for."""
    urls: list[str] = field(default_factory=list)
    """What it downloaded."""

    def detect(self, request: DetectRequest) -> Detection:
        self.sleep(self.call_s / 2)
        data = self._get_bytes(request)
        self.judged.append(data)
        self.sleep(self.call_s / 2)
        detection = HIGH_RISK if data in self.flagged else LOW_RISK
        return replace(detection, request_id=f"REQ-{len(self.judged)}")

    def _get_bytes(self, request: DetectRequest) -> bytes:
        if request.base64:
            return b64decode(request.base64)
        if isinstance(request.file, bytes):
            return request.file
        url = request.url() if callable(request.url) else request.url
        self.urls.append(url)
        return self.store.download_presigned(url)
