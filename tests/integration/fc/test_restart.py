"""Asynchronous events that are pending when the service stops."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from facescreen_local.fc.store.event import FunctionEvent
from facescreen_local.fc.store.pending_events import PendingEvents
from tests.integration.fc.running import oss_record, run_fc, wait_for

SLOW_AT_FIRST = """
    import json, time
    from pathlib import Path

    def handler(event, context):
        print(context.request_id, json.loads(event)["events"][0]["oss"]["object"]["key"])
        if not Path("restarted").exists():
            time.sleep(30)
"""


async def test_pending_events_are_delivered_after_a_restart(tmp_path: Path) -> None:
    async with run_fc(tmp_path, SLOW_AT_FIRST) as fc:
        fc.functions.deliver_bucket_event(oss_record("running.jpg"))
        await wait_for(lambda: fc.log)
        fc.service.behaviour.delay_ms = 30_000
        fc.functions.deliver_bucket_event(oss_record("waiting.jpg"))
    [first_log_line] = fc.log
    (tmp_path / "code" / "restarted").touch()
    async with run_fc(tmp_path, SLOW_AT_FIRST) as fc:
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["ok", "ok"]
        assert {i.trigger for i in fc.functions.invocations} == {"oss"}
        # The same event, with the request id that it was accepted with.
        assert first_log_line in fc.log[1:]
        assert {line.split()[1] for line in fc.log} == {"running.jpg", "waiting.jpg"}
    async with run_fc(tmp_path, SLOW_AT_FIRST) as fc:
        await fc.functions.wait_until_idle()
        assert fc.statuses == []


async def test_completed_events_are_not_delivered_again(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise ValueError"
    async with run_fc(tmp_path, handlers) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
        assert len(fc.dead_letters.records) == 1
    async with run_fc(tmp_path, handlers) as fc:
        await fc.functions.wait_until_idle()
        assert fc.statuses == []


async def test_an_event_can_expire_while_the_service_is_down(tmp_path: Path) -> None:
    event = FunctionEvent("oss", b"{}", "r-1", time.time() - 86_401)
    await leave_event(tmp_path, "screen", event)
    async with run_fc(tmp_path, "def handler(event, context): pass") as fc:
        await fc.functions.wait_until_idle()
        assert fc.statuses == []
    [record] = fc.dead_letters.records
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert json.loads(record["requestPayload"]) == {}


async def test_an_event_for_a_removed_function_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await leave_event(tmp_path, "gone", FunctionEvent("oss", b"{}", "r-1"))
    for _ in range(2):
        async with run_fc(tmp_path, "def handler(event, context): pass") as fc:
            await fc.functions.wait_until_idle()
    assert caplog.messages == ["gone: event r-1 is lost: there is no such function"]


async def test_an_event_accepted_while_stopping_is_delivered_after_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = "def handler(event, context): print(context.request_id)"
    async with run_fc(tmp_path, handlers) as fc:
        stopping = asyncio.ensure_future(fc.service.stop())
        await asyncio.sleep(0)
        fc.functions.deliver_bucket_event(oss_record())
        await stopping
        await fc.functions.wait_until_idle()
        assert not caplog.records
    async with run_fc(tmp_path, handlers) as fc:
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["ok"]


async def leave_event(folder: Path, function: str, event: FunctionEvent) -> None:
    (folder / "data").mkdir()
    journal = PendingEvents(folder / "data" / "events.db")
    journal.add(function, event)
    journal.close()
