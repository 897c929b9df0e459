"""The code under test: the screener of a deployment, on the ports of an exploration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from functools import lru_cache
from types import SimpleNamespace
from unittest.mock import patch

from facescreen.media.media import Media
from facescreen.media.probe import probe
from facescreen.media.reader import RangeReader
from facescreen.model import ObjectRef, Status
from facescreen.records import ledger as ledger_module
from facescreen.records import ledger_entry as ledger_entry_module
from facescreen.records.ledger import Ledger
from facescreen.records.ledger_lines import parse_lines
from facescreen.requirements import Strictness
from facescreen.screening import findings as findings_module
from facescreen.screening.on_demand import BytesReader
from facescreen.screening.pinning import ObjectPinner
from facescreen.screening.revision_screener import RevisionScreener, ScreenerOptions
from facescreen.screening.screener import Screener
from facescreen.screening.tagger import Tagger
from facescreen.screening.transfer import InlineTransfer, UrlTransfer
from facescreen.screening.verdict_writer import VerdictWriter
from facescreen.timing import StoreClock
from tests.interleavings.execution import create_id, read_clock, run_side_by_side
from tests.interleavings.ports import (
    HistoryPort,
    PublisherPort,
    ServicePort,
    StatePort,
    StorePort,
    VirtualDeadline,
    sleep,
)
from tests.interleavings.scenarios import Scenario

REVISION_MARGIN_S = 1


@contextmanager
def without_chance() -> Iterator[None]:
    """Make everything that differs between two runs of the same code a function of the ports."""
    unique = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=create_id()))
    with ExitStack() as stack:
        stack.enter_context(patch.object(ledger_module, "uuid", unique))
        stack.enter_context(
            patch.object(ledger_module, "random", SimpleNamespace(uniform=lambda low, high: low))
        )
        stack.enter_context(patch.object(findings_module, "_format_now", _format_virtual_now))
        # These only depend on their arguments, which are often the same.
        stack.enter_context(patch.object(findings_module, "probe", _remember_by_data(probe)))
        stack.enter_context(
            patch.object(ledger_entry_module, "parse_lines", lru_cache(10_000)(parse_lines))
        )
        yield


def screen(event: ObjectRef, scenario: Scenario) -> Status:
    """Screen the object of an event, in a new instance of the function."""
    deadline = VirtualDeadline(read_clock() + scenario.timeout_s)
    return _create_screener(scenario).screen(event, deadline).status


def _create_screener(scenario: Scenario) -> Screener:
    store, clock = StorePort(), StoreClock(read_clock, sleep)
    ledger = Ledger(StatePort(), clock)
    pinner = ObjectPinner(
        store, margin_s=REVISION_MARGIN_S, trust_times=scenario.trust_times, clock=clock
    )
    tagger = Tagger(store, pinner, prefix="deepfake-", form="separate", clock=clock)
    writer = VerdictWriter(
        tagger=tagger,
        publisher=PublisherPort(),
        history=HistoryPort(),
        source="acs:fc:r:1:functions/f",
        side_by_side=run_side_by_side,
    )
    revision_screener = RevisionScreener(
        store=store,
        ledger=ledger,
        tagger=tagger,
        transfer=UrlTransfer(store, 300),
        transfer_bytes=InlineTransfer(store),
        detect=ServicePort().detect,
        verdict_writer=writer,
        options=ScreenerOptions("fs", Strictness.STANDARD, convert=False),
        side_by_side=run_side_by_side,
    )
    return Screener(
        store=store,
        pinner=pinner,
        ledger=ledger,
        tagger=tagger,
        revision_screener=revision_screener,
    )


def _format_virtual_now() -> str:
    return datetime.fromtimestamp(read_clock(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _remember_by_data(read_media: Callable[[RangeReader], Media]) -> Callable[[RangeReader], Media]:
    @lru_cache
    def read_data(data: bytes) -> Media:
        return read_media(BytesReader(data))

    return lambda reader: read_data(reader.read(0, reader.size))
