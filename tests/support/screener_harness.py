"""A Screener on in-memory ports, with a photograph to screen."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

import facescreen
from facescreen.deepfake.response import Detection
from facescreen.model import ObjectRef, Outcome
from facescreen.records.history import History
from facescreen.records.ledger import Ledger
from facescreen.requirements import Strictness
from facescreen.screening.pinning import ObjectPinner
from facescreen.screening.quarantine import Quarantine, QuarantineRecords
from facescreen.screening.revision_screener import RevisionScreener, ScreenerOptions
from facescreen.screening.screener import Screener
from facescreen.screening.tagger import Tagger
from facescreen.screening.transfer import InlineTransfer, UrlTransfer
from facescreen.screening.verdict_writer import VerdictWriter
from facescreen.settings.table import QuarantineSettings
from facescreen.testing.bus import MemoryPublisher
from facescreen.testing.object_store import MemoryStore
from facescreen.testing.state_store import MemoryStateStore
from facescreen.timing import Deadline, FirstT, SecondT, StoreClock
from tests.support.fake_clock import FakeClock
from tests.support.pictures import noise_picture, to_conforming_jpeg
from tests.support.scripted_detector import JudgingDetector, ScriptedDetector

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE_SCHEMA = json.loads(
    (Path(facescreen.__file__).parent / "screening-completed.v1.schema.json").read_text()
)

PHOTO = noise_picture()
PHOTO_REF = ObjectRef("oss", "selfies", "kyc/é 1+1%.jpg")


_STARTED_AT = 1_795_406_645.25
"""2026-11-23T04:04:05.25Z: a quarter of a second into the second that Last-Modified shows."""


class ScreenerHarness:
    """A Screener in virtual time: what waits for the clock moves it."""

    def __init__(
        self,
        *script: Detection | Exception,
        tag_form: str = "separate",
        quarantine: QuarantineSettings | None = None,
        versioned: bool = False,
        trust_times: bool = True,
        transfer: str = "url",
        flagged: tuple[bytes, ...] = (),
    ) -> None:
        """`script` is what the detector returns. With `flagged` it judges the bytes instead, which
        takes time."""
        self.clock = FakeClock(_STARTED_AT)
        self.store = MemoryStore(convert=to_conforming_jpeg, versioned=versioned, clock=self.clock)
        self.state = MemoryStateStore()
        self.detector = ScriptedDetector(list(script))
        self.judge = JudgingDetector(self.store, list(flagged), self.clock.sleep)
        self.publisher = MemoryPublisher()
        self.history = History(self.state)
        store_clock = StoreClock(self.clock, self.clock.sleep)
        self.ledger = Ledger(self.state, store_clock)
        self.pinner = ObjectPinner(
            self.store, margin_s=1, trust_times=trust_times, clock=store_clock
        )
        self.tagger = Tagger(
            self.store, self.pinner, prefix="deepfake-", form=tag_form, clock=store_clock
        )
        by_url, inline = UrlTransfer(self.store, 300), InlineTransfer(self.store)
        self.screener = Screener(
            store=self.store,
            pinner=self.pinner,
            ledger=self.ledger,
            tagger=self.tagger,
            revision_screener=RevisionScreener(
                store=self.store,
                ledger=self.ledger,
                tagger=self.tagger,
                transfer=by_url if transfer == "url" else inline,
                transfer_bytes=inline,
                detect=self.judge.detect if flagged else self.detector.detect,
                verdict_writer=VerdictWriter(
                    tagger=self.tagger,
                    publisher=self.publisher,
                    history=self.history,
                    source="acs:fc:r:1:functions/f",
                    quarantine=self._create_quarantine(quarantine),
                    side_by_side=run_in_turn,
                ),
                options=ScreenerOptions("fs", Strictness.STANDARD, True),
                side_by_side=run_in_turn,
            ),
        )

    def put(self, data: bytes = PHOTO, tags: dict[str, str] | None = None) -> ObjectRef:
        """Upload the photograph. Returns its reference as in the event."""
        return replace(PHOTO_REF, etag=self.store.put(PHOTO_REF.bucket, PHOTO_REF.key, data, tags))

    def screen(self, ref: ObjectRef, seconds: float = 60) -> Outcome:
        return self.screener.screen(ref, self.create_deadline(seconds))

    def create_deadline(self, seconds: float = 60) -> Deadline:
        return VirtualDeadline(self.clock.now + seconds, self.clock)

    @property
    def detection_count(self) -> int:
        return len(self.detector.biz_ids)

    def tags(self) -> dict[str, str]:
        return self.store.peek_tags(PHOTO_REF)

    def published_messages(self) -> list[dict[str, Any]]:
        """Every message published, each validated against the schema."""
        for message in self.publisher.messages:
            jsonschema.validate(message, MESSAGE_SCHEMA)
        return self.publisher.messages

    def _create_quarantine(self, settings: QuarantineSettings | None) -> Quarantine | None:
        if settings is None:
            return None
        return Quarantine(self.store, self.pinner, QuarantineRecords(self.ledger), settings)


@dataclass(frozen=True)
class VirtualDeadline(Deadline):
    """A deadline on a FakeClock."""

    clock: FakeClock

    def remaining_s(self) -> float:
        return self.at - self.clock.now


def run_in_turn(
    first: Callable[[], FirstT], second: Callable[[], SecondT]
) -> tuple[FirstT, SecondT]:
    """The port SideBySide, one after the other, so that a test knows the order of operations."""
    return first(), second()
