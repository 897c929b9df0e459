"""Fires time triggers, as Function Compute does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timezone

from facescreen_serverless_devs.schedule import TimerTrigger, schedule

_MAX_SLEEP_S = 3600
"""The wall clock is read again after this long: it may be set meanwhile."""


def timer_event(trigger: TimerTrigger, at: datetime) -> bytes:
    """What the function receives when `trigger` fires."""
    payload = {
        "triggerTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "triggerName": trigger.name,
        "payload": trigger.payload,
    }
    return json.dumps(payload).encode()


async def run_timer(trigger: TimerTrigger, fire: Callable[[bytes], object]) -> None:
    """Fire until cancelled. What was due while this machine slept is left out."""
    times = schedule(trigger.expression)
    due = times.after(_now())
    while True:
        left_s = (due - _now()).total_seconds()
        if left_s > 0:
            await asyncio.sleep(min(left_s, _MAX_SLEEP_S))
            continue
        fire(timer_event(trigger, due))
        due = times.after(due)
        if due < _now():
            due = times.after(_now())


def _now() -> datetime:
    return datetime.now(timezone.utc)
