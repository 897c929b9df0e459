"""Time triggers: schedules and events."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from facescreen_local.fc.errors import FcError
from facescreen_local.fc.timer import run_timer
from facescreen_serverless_devs.functions import load_functions
from facescreen_serverless_devs.schedule import TimerTrigger, parse_schedule
from facescreen_serverless_devs.section import InvalidTemplateError
from tests.integration.fc.running import make_project, run_fc

HANDLERS = """
    def handler(event, context):
        print(event.decode())
"""
MONDAY = datetime(2026, 11, 23, 5, 30, tzinfo=timezone.utc)


def timer(expression: str = "@every 15m", *, enable: object = True) -> dict[str, Any]:
    config = {"cronExpression": expression, "enable": enable, "payload": "p"}
    return {"triggerName": "sweep", "triggerType": "timer", "triggerConfig": config}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@every 4m", MONDAY + timedelta(minutes=4)),
        ("@every 2h", MONDAY + timedelta(hours=2)),
        ("0 0 4 * * *", datetime(2026, 11, 24, 4, tzinfo=timezone.utc)),
        ("30 */20 * * * *", datetime(2026, 11, 23, 5, 40, 30, tzinfo=timezone.utc)),
        ("0 0 4 ? * FRI", datetime(2026, 11, 27, 4, tzinfo=timezone.utc)),
        ("CRON_TZ=Asia/Shanghai 0 0 4 * * *", datetime(2026, 11, 23, 20, tzinfo=timezone.utc)),
    ],
)
def test_a_schedule_has_a_next_time(expression: str, expected: datetime) -> None:
    assert parse_schedule(expression).next_after(MONDAY) == expected


@pytest.mark.parametrize(
    "expression",
    ["", "@every", "@every 0m", "@every 15", "@daily", "0 4 * * *", "0 0 25 * * *", "a b c d e f",
     "CRON_TZ=Nowhere/Atall 0 0 4 * * *", "CRON_TZ=/etc/passwd 0 0 4 * * *"],
)  # fmt: skip
def test_an_invalid_schedule_is_named_with_its_place(expression: str, tmp_path: Path) -> None:
    path = make_project(tmp_path, HANDLERS, triggers=[timer(expression)])
    with pytest.raises(
        InvalidTemplateError, match=r"triggers\[0\]\.triggerConfig\.cronExpression: "
    ):
        load_functions(path, {})


def test_enable_must_be_a_boolean(tmp_path: Path) -> None:
    path = make_project(tmp_path, HANDLERS, triggers=[timer(enable="false")])
    with pytest.raises(InvalidTemplateError, match="enable: expected true or false"):
        load_functions(path, {})


async def test_a_timer_fires_at_its_times() -> None:
    events: list[bytes] = []
    task = asyncio.create_task(
        run_timer(TimerTrigger("* * * * * *", "p", "sweep", True), events.append)
    )
    await asyncio.sleep(2.2)
    task.cancel()
    times = [json.loads(event)["triggerTime"] for event in events]
    first, second = (datetime.strptime(time, "%Y-%m-%dT%H:%M:%S%z") for time in times[:2])
    assert second - first == timedelta(seconds=1)
    assert len(times) <= 3


async def test_the_function_gets_time_name_and_payload(tmp_path: Path) -> None:
    async with run_fc(tmp_path, HANDLERS, triggers=[timer()]) as fc:
        assert fc.functions.fire_timers("screen") == 1
        await fc.functions.wait_until_idle()
        [event] = [json.loads(line) for line in fc.log]
        assert datetime.fromisoformat(event.pop("triggerTime").replace("Z", "+00:00"))
        assert event == {"triggerName": "sweep", "payload": "p"}
        assert [one.trigger for one in fc.functions.invocations] == ["timer"]


async def test_a_disabled_timer_does_not_fire(tmp_path: Path) -> None:
    triggers = [timer("* * * * * *", enable=False)]
    async with run_fc(tmp_path, HANDLERS, triggers=triggers) as fc:
        await asyncio.sleep(1.1)
        assert fc.functions.fire_timers("screen") == 0
        assert not fc.functions.invocations
        with pytest.raises(FcError):
            fc.functions.fire_timers("absent")
