"""What calls cost, and the user's confirmation of a cost or a change."""

from __future__ import annotations

import sys

import click

PRICE_USD = 0.40
"""The price of a call that returns a result (id-verification-api.md, "Quota and price")."""


def compute_cost_usd(calls: float) -> float:
    """The price of `calls` in USD, rounded to the cent."""
    return round(calls * PRICE_USD, 2)


def format_cost(calls: int) -> str:
    """For people: ``2 paid calls, USD 0.80``."""
    return f"{calls} paid call{'' if calls == 1 else 's'}, USD {compute_cost_usd(calls):.2f}"


def confirm(question: str, *, yes: bool, if_no_terminal: str, if_declined: str) -> None:
    """Ask on a terminal, unless `yes` is set.

    Raises click.UsageError with the message `if_declined` if the answer is no, and with
    `if_no_terminal` if there is no terminal to ask on.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(if_no_terminal)
    if not click.confirm(question, err=True):
        raise click.UsageError(if_declined)
