"""Timer triggers, and when they fire.

Source: Function Compute, "Time triggers" and TimerTriggerConfig: ``@every 15m``, or a cron of six
fields, seconds first, in UTC unless it starts with ``CRON_TZ=Asia/Shanghai``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

_EVERY_PATTERN = re.compile(r"@every (?P<count>[1-9]\d{0,5})(?P<unit>[mh])")
_CRON_PATTERN = re.compile(r"(?:CRON_TZ=(?P<zone>[A-Za-z0-9_+/-]+) )?(?P<fields>\S+(?: \S+){5})")
_UNIT_LENGTHS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


@dataclass(frozen=True)
class IntervalSchedule:
    """Fires at a fixed interval."""

    interval: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """The next time after `moment`."""
        return moment + self.interval


@dataclass(frozen=True)
class CronSchedule:
    """Fires at the times of a cron expression."""

    fields: str
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime:
        """The next time after `moment`."""
        local = moment.astimezone(self.zone)
        found: datetime = croniter(self.fields, local, second_at_beginning=True).get_next(datetime)
        return found.astimezone(timezone.utc)


def parse_schedule(expression: str) -> IntervalSchedule | CronSchedule:
    """Parse a schedule. Raises ValueError, which says what is expected."""
    if every := _EVERY_PATTERN.fullmatch(expression):
        return IntervalSchedule(int(every["count"]) * _UNIT_LENGTHS[every["unit"]])
    cron = _CRON_PATTERN.fullmatch(expression)
    if cron is None or not croniter.is_valid(cron["fields"], second_at_beginning=True):
        raise ValueError(
            f"{expression!r} is neither like '@every 15m' nor a cron expression of six fields"
        )
    try:
        return CronSchedule(cron["fields"], ZoneInfo(cron["zone"] or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{expression!r}: there is no time zone {cron['zone']}") from None


@dataclass(frozen=True)
class TimerTrigger:
    """Fires on a schedule while it is enabled."""

    expression: str
    payload: str
    name: str
    enabled: bool
