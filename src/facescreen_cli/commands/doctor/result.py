"""What doctor says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(str, Enum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class CheckResult:
    """One finding. What is not ok has a remedy."""

    check: str
    """What was looked at, in a word or two."""
    level: Level
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> CheckResult:
    """All is well."""
    return CheckResult(check, Level.OK, says)


def warning(check: str, says: str, remedy: str) -> CheckResult:
    """It works, or may work, and somebody should know."""
    return CheckResult(check, Level.WARNING, says, remedy)


def fault(check: str, says: str, remedy: str) -> CheckResult:
    """It does not work so."""
    return CheckResult(check, Level.FAULT, says, remedy)
