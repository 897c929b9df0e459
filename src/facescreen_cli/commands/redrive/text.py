"""What a run says: groups and letters, to people or as JSON lines."""

from __future__ import annotations

import click

from facescreen_cli.commands.redrive.causes import Cause
from facescreen_cli.commands.redrive.dead_letters import DeadLetter
from facescreen_cli.cost import cost_usd, format_cost
from facescreen_cli.output import print_json_line, print_note, replace_unprintable


def print_group(cause: Cause, letters: list[DeadLetter], *, as_json: bool) -> None:
    """How many failed of one cause, and what has to be done."""
    oldest = min(print_letter.failed_at for print_letter in letters)
    if as_json:
        print_json_line(
            cause=cause.name,
            letters=len(letters),
            again=cause.again,
            remedy=cause.remedy,
            oldest=oldest.isoformat(),
            example=_object_names(letters[0]),
            says=letters[0].says,
        )
        return
    kept = "" if cause.again else ", kept"
    click.echo(
        f"{len(letters):6} {replace_unprintable(cause.name)}{kept}, "
        f"since {oldest:%Y-%m-%d %H:%M} UTC"
    )
    click.echo(f"       → {cause.remedy}")
    click.echo(replace_unprintable(f"       {_object_names(letters[0])}: {letters[0].says}"))


def print_plan(again: int, kept: int, *, as_json: bool) -> None:
    """What a yes would do."""
    if as_json:
        print_json_line(to_send_again=again, kept=kept, usd_at_most=cost_usd(again))
    else:
        says = "what was paid for is not paid for again"
        print_note(f"{again} to send again, {kept} kept: at most {format_cost(again)}; {says}.")


def print_letter(one: DeadLetter, status: str, detail: str = "", *, as_json: bool) -> None:
    """What came of one. To people only what is kept."""
    if as_json:
        print_json_line(
            objects=list(one.objects),
            cause=one.error,
            status=status,
            detail=detail,
        )
    elif status == "kept":
        click.echo(
            f"kept  {replace_unprintable(_object_names(one))}: {replace_unprintable(detail)}"
        )


def print_summary(sent: int, kept: int, *, as_json: bool) -> None:
    """How it came out."""
    if as_json:
        print_json_line(sent_again=sent, kept=kept)
    else:
        click.echo(f"{sent} sent again, {kept} kept.")


def _object_names(one: DeadLetter) -> str:
    return ", ".join(one.objects) or "no object"
