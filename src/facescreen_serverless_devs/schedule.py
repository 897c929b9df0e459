"""Time triggers and when they fire.

Source: Function Compute, "Time triggers" and TimerTriggerConfig: ``@every 15m``, or a cron of six
fields, seconds first, in UTC unless ``CRON_TZ=Asia/Shanghai`` stands before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

_EVERY = re.compile(r"@every (?P<count>[1-9]\d{0,5})(?P<unit>[mh])")
_CRON = re.compile(r"(?:CRON_TZ=(?P<zone>[A-Za-z0-9_+/-]+) )?(?P<fields>\S+(?: \S+){5})")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


@dataclass(frozen=True)
class Every:
    """After so long, again and again."""

    interval: timedelta

    def after(self, moment: datetime) -> datetime:
        """The next time."""
        return moment + self.interval


@dataclass(frozen=True)
class Cron:
    """At the moments of a cron expression."""

    fields: str
    zone: tzinfo

    def after(self, moment: datetime) -> datetime:
        """The next time."""
        local = moment.astimezone(self.zone)
        found: datetime = croniter(self.fields, local, second_at_beginning=True).get_next(datetime)
        return found.astimezone(timezone.utc)


def schedule(expression: str) -> Every | Cron:
    """Raises ValueError, which says what an expression must be."""
    if every := _EVERY.fullmatch(expression):
        return Every(int(every["count"]) * _UNITS[every["unit"]])
    cron = _CRON.fullmatch(expression)
    if cron is None or not croniter.is_valid(cron["fields"], second_at_beginning=True):
        raise ValueError(f"{expression!r} is neither as '@every 15m' nor a cron of six fields")
    try:
        return Cron(cron["fields"], ZoneInfo(cron["zone"] or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{expression!r}: there is no time zone {cron['zone']}") from None


@dataclass(frozen=True)
class TimerTrigger:
    """Fires by a schedule, if it is enabled."""

    expression: str
    payload: str
    name: str
    enabled: bool
