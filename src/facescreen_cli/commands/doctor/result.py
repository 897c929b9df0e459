"""The result of one of doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(str, Enum):
    """How serious a result is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class CheckResult:
    """One result. A warning or a fault has a remedy."""

    check: str
    """What was checked, in a word or two."""
    level: Level
    message: str
    remedy: str = ""


def ok(check: str, message: str) -> CheckResult:
    """Everything is right."""
    return CheckResult(check, Level.OK, message)


def warning(check: str, message: str, remedy: str) -> CheckResult:
    """It works, or may work, but needs attention."""
    return CheckResult(check, Level.WARNING, message, remedy)


def fault(check: str, message: str, remedy: str) -> CheckResult:
    """It does not work."""
    return CheckResult(check, Level.FAULT, message, remedy)
