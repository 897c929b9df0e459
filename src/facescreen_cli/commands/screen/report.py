"""Prints the results of a run: a JSON line or a table row for each target, then a summary."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.table import Table
from rich.text import Text

from facescreen.model import Verdict
from facescreen_cli.commands.screen.target_screener import TargetResult
from facescreen_cli.commands.screen.targets import BucketObject, TargetList, Url
from facescreen_cli.cost import format_cost
from facescreen_cli.exit_codes import FAILED, FLAGGED, OK
from facescreen_cli.output import print_json_line, print_rich, replace_unprintable

_FLAGGED_VERDICTS = (Verdict.HIGH_RISK.value, Verdict.SUSPICIOUS.value)
_VERDICT_COLORS = {"low_risk": "green", "high_risk": "bold red", "suspicious": "bold yellow"}


class ScreenReport:
    """Collects results as they arrive."""

    def __init__(self, target_list: TargetList) -> None:
        self._target_list = target_list
        self._results: list[TargetResult] = []

    def add(self, result: TargetResult, *, as_json: bool) -> None:
        """Add a result. With `as_json`, print it at once as a JSON line."""
        self._results.append(result)
        if as_json:
            print_json_line(**_to_json_record(result))

    def print_table(self) -> None:
        """Print every result on standard output."""
        table = Table()
        for heading in ("", "verdict", "reason", "detail"):
            table.add_column(heading, overflow="fold")
        for result in self._results:
            data = result.data
            verdict = Text(format_verdict(result), _VERDICT_COLORS.get(data["verdict"], ""))
            cells = (replace_unprintable(result.target.name), data["reason"], data["detail"])
            table.add_row(Text(cells[0]), verdict, *map(Text, cells[1:]))
        print_rich(table, width=160)

    def format_summary(self) -> str:
        """A few sentences: the verdicts, the cost, and what was skipped."""
        verdicts = Counter(result.data["verdict"].replace("_", " ") for result in self._results)
        counts = [f"{count} {verdict}" for verdict, count in verdicts.most_common()]
        sentences = [
            f"{len(self._results)} screened: {', '.join(counts)}." if counts else "None screened."
        ]
        cost = format_cost(sum(result.paid for result in self._results))
        if any(_is_emulated(result) for result in self._results):
            sentences.append("Nothing is charged: a local emulator made these verdicts.")
            sentences.append(f"The real service would charge {cost}.")
        else:
            sentences.append(f"{cost}.")
        if unanswered_calls := sum(result.unanswered for result in self._results):
            sentences.append(f"{unanswered_calls} without a response may have been charged too.")
        if skipped := format_skipped(self._target_list):
            sentences.append(skipped)
        if self._not_screened:
            sentences.append(f"{self._not_screened} not screened.")
        return " ".join(sentences)

    @property
    def exit_code(self) -> int:
        """The exit code of a run that completed. FLAGGED takes precedence over FAILED."""
        verdicts = {result.data["verdict"] for result in self._results}
        if verdicts & set(_FLAGGED_VERDICTS):
            return FLAGGED
        low_risk = verdicts <= {Verdict.LOW_RISK.value} and not self._not_screened
        return OK if low_risk else FAILED

    @property
    def _not_screened(self) -> int:
        return len(self._target_list.targets) - len(self._results)


def format_skipped(target_list: TargetList) -> str:
    """How many files were skipped, by reason; empty if none."""
    reasons = Counter(reason for _, reason in target_list.skipped)
    counts = [f"{count} {reason}" for reason, count in sorted(reasons.items())]
    return f"Skipped: {', '.join(counts)}." if counts else ""


def format_verdict(result: TargetResult) -> str:
    """The verdict for people. It says if an emulator made it."""
    verdict: str = result.data["verdict"]
    if not _is_emulated(result):
        return verdict
    is_scripted = bool(result.data["risk_tags"])
    return f"{verdict} ({'as scripted' if is_scripted else 'not assessed for deepfakes'})"


def _to_json_record(result: TargetResult) -> dict[str, Any]:
    if isinstance(result.target, BucketObject):
        return result.data
    kind = "url" if isinstance(result.target, Url) else "file"
    return {kind: result.target.name, **result.data}


def _is_emulated(result: TargetResult) -> bool:
    return any(warning["rule"] == "stand-in" for warning in result.data["warnings"])
