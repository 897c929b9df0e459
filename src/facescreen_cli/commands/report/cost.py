"""Reads from the state bucket what the calls of this month cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from rich.table import Table

from facescreen.deepfake.budget import count_reserved_calls_by_day
from facescreen.platforms.ports import Platform
from facescreen.records.history import History
from facescreen.settings.table import Settings
from facescreen.storage.ports import StateStore
from facescreen.timing import retry
from facescreen_cli.buckets import name_missing_permission
from facescreen_cli.cost import compute_cost_usd
from facescreen_cli.output import render_text, to_json

COUNTED_SOURCE, HISTORY_SOURCE = "counted", "history"
_SOURCES_CAPTION = (
    "counted: calls counted toward the daily limit; one without a response may be free. "
    "history: no daily limit was set, so only calls for objects, not other calls over HTTP."
)


@dataclass(frozen=True)
class DailyCost:
    """One day, in UTC."""

    date: date
    calls: int
    source: str
    """COUNTED_SOURCE or HISTORY_SOURCE."""


@dataclass(frozen=True)
class MonthlyCost:
    """The days of a month up to today, newest first."""

    days: tuple[DailyCost, ...]
    daily_limit: float
    """Calls a day; infinite if there is no limit."""

    @property
    def calls(self) -> int:
        """Calls of the month to date."""
        return sum(day.calls for day in self.days)


def read_month(settings: Settings, platform: Platform) -> MonthlyCost:
    """Read the days of this month. Raises errors.FacescreenError; AccessDeniedError names the
    missing permission."""
    store, bucket = platform.object_store, settings.state_bucket
    with name_missing_permission(f"{store.list_permission} and {store.name}:GetObject", bucket):
        today = datetime.now(timezone.utc).date()
        return MonthlyCost(
            read_days(platform.create_state_store(bucket), today), settings.daily_calls
        )


def read_days(state: StateStore, today: date) -> tuple[DailyCost, ...]:
    """The days of the month, newest first. A day's calls are the budget's count, or else the
    history's."""
    reserved_calls = retry(partial(count_reserved_calls_by_day, state, today.isoformat()[:7]))
    history = History(state)
    days = []
    for days_ago in range(today.day):
        day = today - timedelta(days=days_ago)
        calls = reserved_calls.get(day.isoformat())
        if calls is None:
            paid_calls = retry(partial(history.count_paid_calls, day))
            days.append(DailyCost(day, paid_calls, HISTORY_SOURCE))
        else:
            days.append(DailyCost(day, calls, COUNTED_SOURCE))
    return tuple(days)


def to_json_document(cost: MonthlyCost) -> str:
    """One JSON object."""
    document: dict[str, Any] = {
        "month": cost.days[0].date.isoformat()[:7],
        "cap": None if math.isinf(cost.daily_limit) else int(cost.daily_limit),
        "calls": cost.calls,
        "usd": compute_cost_usd(cost.calls),
        "days": [
            {
                "day": day.date.isoformat(),
                "calls": day.calls,
                "usd": compute_cost_usd(day.calls),
                "source": day.source,
            }
            for day in cost.days
        ],
    }
    return to_json(document)


def render_table(cost: MonthlyCost) -> str:
    """A table of today, the other days with paid calls, and the month to date."""
    table = Table(caption=_SOURCES_CAPTION, caption_justify="left", show_footer=True)
    table.add_column("day (UTC)", "month to date")
    table.add_column("paid calls", str(cost.calls), justify="right")
    table.add_column("USD", f"{compute_cost_usd(cost.calls):.2f}", justify="right")
    table.add_column(
        "of the daily limit",
        _format_share(cost.calls, len(cost.days) * cost.daily_limit),
        justify="right",
    )
    table.add_column("source")
    for day in cost.days:
        if day.calls or day is cost.days[0]:
            dollars, share = (
                f"{compute_cost_usd(day.calls):.2f}",
                _format_share(day.calls, cost.daily_limit),
            )
            table.add_row(day.date.isoformat(), str(day.calls), dollars, share, day.source)
    return render_text(table, width=100).rstrip()


def _format_share(calls: int, max_calls: float) -> str:
    return (
        "no limit"
        if math.isinf(max_calls)
        else f"{100 * calls / max_calls:.1f}% of {max_calls:.0f}"
    )
