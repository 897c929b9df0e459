"""A Screener on in-memory ports, with a photograph to screen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema

import facescreen
from facescreen.deepfake.response import Detection
from facescreen.model import ObjectRef
from facescreen.records.history import History
from facescreen.records.ledger import Ledger
from facescreen.requirements import Strictness
from facescreen.screening.quarantine import Quarantine, QuarantineRecords
from facescreen.screening.screener import Screener, ScreenerOptions
from facescreen.screening.tagger import Tagger
from facescreen.screening.transfer import UrlTransfer
from facescreen.settings.table import QuarantineSettings
from facescreen.testing.bus import MemoryPublisher
from facescreen.testing.stores import MemoryStateStore, MemoryStore
from facescreen.timing import Deadline
from tests.support.pictures import noise_picture, to_conforming_jpeg
from tests.support.scripted_detector import ScriptedDetector

MESSAGE_SCHEMA = json.loads(
    (Path(facescreen.__file__).parent / "screening-completed.v1.schema.json").read_text()
)

PHOTO = noise_picture()
PHOTO_REF = ObjectRef("oss", "selfies", "kyc/é 1+1%.jpg")


class ScreenerHarness:
    def __init__(
        self,
        *script: Detection | Exception,
        tag_form: str = "separate",
        quarantine: QuarantineSettings | None = None,
    ) -> None:
        self.store = MemoryStore(convert=to_conforming_jpeg)
        self.state = MemoryStateStore()
        self.detector = ScriptedDetector(list(script))
        self.publisher = MemoryPublisher()
        self.ledger = ledger = Ledger(self.state)
        self.history = History(self.state)
        self.screener = Screener(
            store=self.store,
            ledger=ledger,
            transfer=UrlTransfer(self.store, 300),
            detect=self.detector.detect,
            tagger=Tagger(self.store, ledger, prefix="deepfake-", form=tag_form),
            publisher=self.publisher,
            history=self.history,
            options=ScreenerOptions("acs:fc:r:1:functions/f", "fs", Strictness.STANDARD, True),
            quarantine=Quarantine(self.store, QuarantineRecords(ledger), quarantine)
            if quarantine
            else None,
        )

    def put(self, data: bytes = PHOTO, tags: dict[str, str] | None = None) -> ObjectRef:
        return replace(PHOTO_REF, etag=self.store.put(PHOTO_REF.bucket, PHOTO_REF.key, data, tags))

    def screen(self, ref: ObjectRef) -> Any:
        return self.screener.screen(ref, Deadline.after(4))

    @property
    def detection_count(self) -> int:
        return len(self.detector.biz_ids)

    def tags(self) -> dict[str, str]:
        return self.store.get_tags(PHOTO_REF)

    def published_messages(self) -> list[dict[str, Any]]:
        """Every message published, each validated against the schema."""
        for message in self.publisher.messages:
            jsonschema.validate(message, MESSAGE_SCHEMA)
        return self.publisher.messages
