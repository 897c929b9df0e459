"""What calls cost, and whether the user agrees to it."""

from __future__ import annotations

import sys

import click

PRICE_USD = 0.40
"""Of a call that gives a result (id-verification-api.md, "Quota and price")."""
WITHOUT_ASKING = 25
"""Paid calls."""


def costs(calls: int) -> str:
    """As people say it."""
    return f"{calls} paid call{'' if calls == 1 else 's'}, USD {calls * PRICE_USD:.2f}"


def check_agreed(calls: int) -> None:
    """Asks on a terminal. Raises click.UsageError for a no, and where nobody can answer."""
    if calls <= WITHOUT_ASKING:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            f"up to {costs(calls)}: more than {WITHOUT_ASKING} calls are paid only with --yes"
        )
    if not click.confirm(f"Up to {costs(calls)}. Go on?", err=True):
        raise click.UsageError("nothing was screened or paid")
