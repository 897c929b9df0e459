"""Prints causes and dead letters, for people or as JSON lines."""

from __future__ import annotations

import click

from facescreen_cli.commands.redrive.causes import Cause
from facescreen_cli.commands.redrive.dead_letters import DeadLetter
from facescreen_cli.cost import compute_cost_usd, format_cost
from facescreen_cli.output import print_json_line, print_note, replace_unprintable


def print_cause(cause: Cause, letters: list[DeadLetter], *, as_json: bool) -> None:
    """Print how many dead letters have this cause, and what to do."""
    oldest = min(letter.failed_at for letter in letters)
    if as_json:
        print_json_line(
            cause=cause.name,
            letters=len(letters),
            again=cause.can_redrive,
            remedy=cause.remedy,
            oldest=oldest.isoformat(),
            example=_format_object_names(letters[0]),
            says=letters[0].error_message,
        )
        return
    kept = "" if cause.can_redrive else ", kept"
    click.echo(
        f"{len(letters):6} {replace_unprintable(cause.name)}{kept}, "
        f"since {oldest:%Y-%m-%d %H:%M} UTC"
    )
    click.echo(f"       → {cause.remedy}")
    click.echo(
        replace_unprintable(
            f"       {_format_object_names(letters[0])}: {letters[0].error_message}"
        )
    )


def print_plan(again: int, kept: int, *, as_json: bool) -> None:
    """Print what will be sent and kept, and the cost."""
    if as_json:
        print_json_line(to_send_again=again, kept=kept, usd_at_most=compute_cost_usd(again))
    else:
        print_note(
            f"{again} to send again, {kept} kept: at most {format_cost(again)}. "
            "Nothing is paid for twice."
        )


def print_dead_letter(
    dead_letter: DeadLetter, status: str, detail: str = "", *, as_json: bool
) -> None:
    """Print the result of one dead letter: as a JSON line, or for people only if it is kept."""
    if as_json:
        print_json_line(
            objects=list(dead_letter.objects),
            cause=dead_letter.error,
            status=status,
            detail=detail,
        )
    elif status == "kept":
        click.echo(replace_unprintable(f"kept  {_format_object_names(dead_letter)}: {detail}"))


def print_summary(sent: int, kept: int, *, as_json: bool) -> None:
    """Print how many dead letters were sent again and how many were kept."""
    if as_json:
        print_json_line(sent_again=sent, kept=kept)
    else:
        click.echo(f"{sent} sent again, {kept} kept.")


def _format_object_names(dead_letter: DeadLetter) -> str:
    return ", ".join(dead_letter.objects) or "no object"
