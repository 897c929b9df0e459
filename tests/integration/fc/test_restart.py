"""Asynchronous events that a stopped service leaves to its next start."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from facescreen_local.fc.store.event import FunctionEvent
from facescreen_local.fc.store.pending_events import PendingEvents
from tests.integration.fc.running import record, running, wait_for

SLOW_AT_FIRST = """
    import json, time
    from pathlib import Path

    def handler(event, context):
        print(context.request_id, json.loads(event)["events"][0]["oss"]["object"]["key"])
        if not Path("restarted").exists():
            time.sleep(30)
"""


async def test_events_on_their_way_are_delivered_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, SLOW_AT_FIRST) as cloud:
        cloud.functions.deliver_bucket_event(record("running.jpg"))
        await wait_for(lambda: cloud.log)
        cloud.service.behaviour.delay_ms = 30_000
        cloud.functions.deliver_bucket_event(record("waiting.jpg"))
    [begun] = cloud.log
    (tmp_path / "code" / "restarted").touch()
    async with running(tmp_path, SLOW_AT_FIRST) as cloud:
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == ["ok", "ok"]
        assert {i.trigger for i in cloud.functions.invocations} == {"oss"}
        # The same event, under the request id that it was accepted with.
        assert begun in cloud.log[1:]
        assert {line.split()[1] for line in cloud.log} == {"running.jpg", "waiting.jpg"}
    async with running(tmp_path, SLOW_AT_FIRST) as cloud:
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == []


async def test_events_that_came_to_an_end_are_forgotten(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise ValueError"
    async with running(tmp_path, handlers) as cloud:
        cloud.functions.deliver_bucket_event(record())
        await cloud.functions.wait_until_idle()
        assert len(cloud.dead.records) == 1
    async with running(tmp_path, handlers) as cloud:
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == []


async def test_an_event_grows_old_while_the_service_is_down(tmp_path: Path) -> None:
    left = FunctionEvent("oss", b"{}", "r-1", time.time() - 86_401)
    await leave(tmp_path, "screen", left)
    async with running(tmp_path, "def handler(event, context): pass") as cloud:
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == []
    [dead] = cloud.dead.records
    assert dead["requestContext"]["condition"] == "EventAgeExceeded"
    assert json.loads(dead["requestPayload"]) == {}


async def test_an_event_for_a_function_that_is_gone_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await leave(tmp_path, "gone", FunctionEvent("oss", b"{}", "r-1"))
    for _ in range(2):
        async with running(tmp_path, "def handler(event, context): pass") as cloud:
            await cloud.functions.wait_until_idle()
    assert caplog.messages == ["gone: event r-1 is lost: there is no such function"]


async def test_an_event_accepted_while_the_service_stops_waits_for_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = "def handler(event, context): print(context.request_id)"
    async with running(tmp_path, handlers) as cloud:
        stopping = asyncio.ensure_future(cloud.service.stop())
        await asyncio.sleep(0)
        cloud.functions.deliver_bucket_event(record())
        await stopping
        await cloud.functions.wait_until_idle()
        assert not caplog.records
    async with running(tmp_path, handlers) as cloud:
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == ["ok"]


async def leave(folder: Path, function: str, event: FunctionEvent) -> None:
    (folder / "data").mkdir()
    journal = PendingEvents(folder / "data" / "events.db")
    journal.add(function, event)
    journal.close()
