"""A detector that returns what the test scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import Detection
from facescreen.model import Verdict
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
