"""What calls cost, and whether the user agrees: to that, or to any other change."""

from __future__ import annotations

import sys

import click

PRICE_USD = 0.40
"""Of a call that gives a result (id-verification-api.md, "Quota and price")."""


def cost_usd(calls: float) -> float:
    """To the cent."""
    return round(calls * PRICE_USD, 2)


def format_cost(calls: int) -> str:
    """As people say it."""
    return f"{calls} paid call{'' if calls == 1 else 's'}, USD {cost_usd(calls):.2f}"


def confirm(question: str, *, yes: bool, unasked: str, declined: str) -> None:
    """Asks on a terminal, unless `yes` was given before.

    Raises click.UsageError for a no, which says what was `declined`, and where nobody can answer,
    which says what goes `unasked` only with --yes.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(unasked)
    if not click.confirm(question, err=True):
        raise click.UsageError(declined)
