"""What a run tells: a line or a row for each target, then what it comes to."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.table import Table
from rich.text import Text

from facescreen.model import Verdict
from facescreen_cli.commands.screen.target_screener import Result
from facescreen_cli.commands.screen.targets import BucketObject, Found, Url
from facescreen_cli.cost import format_cost
from facescreen_cli.exit_codes import FAILED, FLAGGED, OK
from facescreen_cli.output import print_json_line, print_rich, replace_unprintable

_FLAGGED = (Verdict.HIGH_RISK.value, Verdict.SUSPICIOUS.value)
_COLOURS = {"low_risk": "green", "high_risk": "bold red", "suspicious": "bold yellow"}


class Report:
    """Keeps count of results as they come."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._rows: list[Result] = []

    def add(self, result: Result, *, as_json: bool) -> None:
        """One more; with `as_json` it is told at once, on a line of its own."""
        self._rows.append(result)
        if as_json:
            print_json_line(**_record(result))

    def table(self) -> None:
        """Every result, on standard output."""
        table = Table()
        for heading in ("", "verdict", "reason", "detail"):
            table.add_column(heading, overflow="fold")
        for result in self._rows:
            data = result.data
            verdict = Text(shown_verdict(result), _COLOURS.get(data["verdict"], ""))
            cells = (replace_unprintable(result.target.name), data["reason"], data["detail"])
            table.add_row(Text(cells[0]), verdict, *map(Text, cells[1:]))
        print_rich(table, width=160)

    def summary(self) -> str:
        """In a sentence or three."""
        verdicts = Counter(row.data["verdict"].replace("_", " ") for row in self._rows)
        parts = [f"{count} {verdict}" for verdict, count in verdicts.most_common()]
        told = [f"{len(self._rows)} screened: {', '.join(parts)}." if parts else "None screened."]
        told.append(f"{format_cost(sum(row.paid for row in self._rows))}.")
        if unanswered := sum(row.unanswered for row in self._rows):
            told.append(f"{unanswered} without an answer may have been paid too.")
        if any(_stand_in(row) for row in self._rows):
            told.append("By a local stand-in, which charges nothing: not assessed for deepfakes.")
        if skipped := skipped_summary(self._found):
            told.append(skipped)
        if self._left:
            told.append(f"{self._left} left.")
        return " ".join(told)

    @property
    def status(self) -> int:
        """The exit code of a run that came to its end. A flagged one goes before the rest."""
        verdicts = {row.data["verdict"] for row in self._rows}
        if verdicts & set(_FLAGGED):
            return FLAGGED
        low_risk = verdicts <= {Verdict.LOW_RISK.value} and not self._left
        return OK if low_risk else FAILED

    @property
    def _left(self) -> int:
        return len(self._found.targets) - len(self._rows)


def skipped_summary(found: Found) -> str:
    """How many were left alone, by reason."""
    reasons = Counter(why for _, why in found.skipped)
    parts = [f"{count} {why}" for why, count in sorted(reasons.items())]
    return f"Skipped: {', '.join(parts)}." if parts else ""


def shown_verdict(result: Result) -> str:
    """A stand-in's verdict is never shown bare."""
    verdict: str = result.data["verdict"]
    if not _stand_in(result):
        return verdict
    scripted = bool(result.data["risk_tags"])
    return f"{verdict} ({'as scripted' if scripted else 'not assessed for deepfakes'})"


def _record(result: Result) -> dict[str, Any]:
    if isinstance(result.target, BucketObject):
        return result.data
    kind = "url" if isinstance(result.target, Url) else "file"
    return {kind: result.target.name, **result.data}


def _stand_in(result: Result) -> bool:
    return any(warning["rule"] == "stand-in" for warning in result.data["warnings"])
