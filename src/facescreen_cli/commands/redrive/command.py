"""``facescreen redrive``: its options and steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

import click

from facescreen_cli.commands.redrive import text
from facescreen_cli.commands.redrive.dead_letters import DeadLetter
from facescreen_cli.commands.redrive.redriver import group_by_cause
from facescreen_cli.commands.redrive.redriving import redrive_and_print
from facescreen_cli.cost import confirm
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import FAILED, OK
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.options import (
    cloud_option,
    dry_run_option,
    environment_option,
    json_option,
    parse_time,
    profile_option,
    share_option,
    yes_option,
)

_DEFAULT_MAX_DEAD_LETTERS = 2000
_EXAMPLES = """
\b
Examples:
  facescreen redrive --dry-run
  facescreen redrive
  facescreen redrive --cause AccessRefused --cause BadSettings --yes
  facescreen redrive --since 24h --json
  facescreen redrive --cloud aws

\b
Exit codes: 0 all sent again, 2 some kept, 64 usage, 130 stopped by Ctrl-C (the
remaining letters are back in the queue).
"""


@dataclass(frozen=True)
class _DeadLetterFilters:
    """Selects dead letters by cause and time."""

    causes: frozenset[str]
    since: datetime | None
    until: datetime | None

    def matches(self, letter: DeadLetter) -> bool:
        """Whether a dead letter is selected."""
        return not (
            (self.causes and letter.error not in self.causes)
            or (self.since and letter.failed_at < self.since)
            or (self.until and letter.failed_at >= self.until)
        )


@click.command(epilog=_EXAMPLES)
@cloud_option
@click.option(
    "--cause",
    "causes",
    multiple=True,
    help="Only dead letters with this cause, as --dry-run names it. May be repeated.",
)
@click.option(
    "--since",
    default="",
    metavar="TIME",
    help="Only dead letters that failed at or after this time: 2026-11-23, 7d.",
)
@click.option(
    "--until",
    default="",
    metavar="TIME",
    help="Only dead letters that failed before this time: 2026-11-23T04:05Z, 90m.",
)
@click.option(
    "--most",
    "max_letters",
    type=click.IntRange(1, 10_000),
    default=_DEFAULT_MAX_DEAD_LETTERS,
    show_default=True,
    help="The most dead letters to read in one run. The next run reads the rest.",
)
@share_option
@dry_run_option(help="Show why they failed, and send nothing.")
@yes_option(help="Don't ask.")
@json_option(help="Print JSON lines.")
@profile_option
@environment_option
@click.pass_obj
def redrive(
    environment: Environment,
    *,
    cloud: str,
    causes: tuple[str, ...],
    since: str,
    until: str,
    max_letters: int,
    share: float,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    profile: str,
) -> int:
    """Send dead letters to the function again.

    Shows the dead letters by cause, with what to fix first; asks; and sends each event to the
    function again. A dead letter is deleted only after its event was accepted. One that the
    function can't process is kept. An object that was deleted, or has a verdict now, costs nothing,
    and the ledger never pays twice for the same bytes.

    Reads the queue MNS_DLQ and invokes FC_FUNCTION (in FC_SERVICE on Function Compute 2.0). On AWS
    it reads DEAD_LETTERS_QUEUE_URL and sends to UPLOADS_QUEUE_URL; the cause is then in the
    object's tags, so set TAG_PREFIX and TAG_FORM to the function's values. Nobody else sees the
    dead letters for half an hour, or until the command ends.
    """
    # Imported late: --help must not wait for the SDKs.
    from facescreen_cli.commands.redrive.connect import RedriveOptions, connect_redriver

    filters, stop = _parse_filters(causes, since, until), StopSignal()
    redriver = connect_redriver(RedriveOptions(cloud, profile, share), environment, stop)
    try:
        letters = [letter for letter in redriver.collect(max_letters) if filters.matches(letter)]
        to_send = _print_causes(letters, as_json=as_json)
        if dry_run or not to_send:
            return FAILED if letters and not dry_run else OK
        confirm(
            "Send them again?",
            yes=yes,
            if_no_terminal="without a terminal to ask on, letters are sent again only with --yes",
            if_declined="nothing was sent",
        )
        with stop.stop_on_interrupt():
            return redrive_and_print(redriver, letters, stop, as_json=as_json)
    finally:
        redriver.release()


def _parse_filters(causes: tuple[str, ...], since: str, until: str) -> _DeadLetterFilters:
    now = datetime.now(timezone.utc)
    bounds: list[datetime | None] = []
    for option, value in (("--since", since), ("--until", until)):
        try:
            bounds.append(parse_time(value, now) if value else None)
        except ValueError:
            raise click.UsageError(
                f"{option}: {value!r} is not a time such as 2026-11-23 or 24h"
            ) from None
    return _DeadLetterFilters(frozenset(causes), *bounds)


def _print_causes(letters: list[DeadLetter], *, as_json: bool) -> int:
    """Print the dead letters by cause. Returns how many the function can process."""
    to_send = 0
    for cause, group in group_by_cause(letters).items():
        text.print_cause(cause, group, as_json=as_json)
        to_send += len(group) if cause.can_redrive else 0
    text.print_plan(to_send, len(letters) - to_send, as_json=as_json)
    return to_send
