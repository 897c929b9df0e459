"""Fires time triggers like Function Compute."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timezone

from facescreen_serverless_devs.schedule import TimerTrigger, parse_schedule

_MAX_SLEEP_S = 3600
"""The maximum time between two readings of the wall clock, which can be set."""


def build_timer_event(trigger: TimerTrigger, at: datetime) -> bytes:
    """Return the event that the function receives when `trigger` fires."""
    payload = {
        "triggerTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "triggerName": trigger.name,
        "payload": trigger.payload,
    }
    return json.dumps(payload).encode()


async def run_timer(trigger: TimerTrigger, fire: Callable[[bytes], object]) -> None:
    """Fire until cancelled. Times that passed while this machine was asleep are skipped."""
    times = parse_schedule(trigger.expression)
    due = times.next_after(_utc_now())
    while True:
        remaining_s = (due - _utc_now()).total_seconds()
        if remaining_s > 0:
            await asyncio.sleep(min(remaining_s, _MAX_SLEEP_S))
            continue
        fire(build_timer_event(trigger, due))
        due = times.next_after(due)
        if due < _utc_now():
            due = times.next_after(_utc_now())


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)
