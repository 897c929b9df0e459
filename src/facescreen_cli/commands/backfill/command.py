"""The command: its options, and what they come to."""

from __future__ import annotations

import os
from pathlib import Path

import click

from facescreen_cli.buckets import parse_bucket_target
from facescreen_cli.commands.backfill.selection import Selection
from facescreen_cli.environment import Environment
from facescreen_cli.options import (
    dry_run_option,
    environment_option,
    json_option,
    profile_option,
    share_option,
    yes_option,
)

_SWEEP_UNTIL = "60m"
_SWEEP_MOST = 1000
_EXAMPLES = """
\b
Examples:
  facescreen backfill oss://selfies/2025/ --dry-run
  facescreen backfill oss://selfies/2025/ --sample 400
  facescreen backfill oss://selfies/2025/
  facescreen backfill oss://selfies --all --inventory oss://reports/x/manifest.json
  facescreen backfill s3://selfies --all --missing    # each night, by cron

\b
Exit codes: 0 all submitted, 2 not all, 64 usage, 130 stopped by Ctrl-C (the
same command goes on).
"""


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="oss://BUCKET[/PREFIX]|s3://...")
@click.option("--all", "whole", is_flag=True, help="The whole bucket.")
@click.option(
    "--inventory",
    metavar="MANIFEST",
    default="",
    help="Go by an inventory of the bucket rather than list it: its manifest.json, as a file or an "
    "object (oss://..., s3://...). CSV, with Key, Size, LastModifiedDate and ETag.",
)
@click.option("--since", default="", metavar="TIME", help="Written then or later: 2026-11-23, 7d.")
@click.option("--until", default="", metavar="TIME", help="Written before: 2026-11-23T04:05Z, 90m.")
@click.option("--force", is_flag=True, help="What has a verdict too: tags can be forged.")
@click.option(
    "--missing",
    is_flag=True,
    help="A sweep, by cron: asks nothing, leaves the last hour to its own events (--until 60m), "
    "and refuses more than 1000 calls (--most).",
)
@click.option("--most", type=click.IntRange(0), help="Refuse to make more paid calls than this.")
@click.option(
    "--sample",
    type=click.IntRange(1, 1_000_000),
    help="Screen so many at random; say what share of all is flagged, and what the rest costs.",
)
@share_option
@dry_run_option(help="Say what would be paid, and submit nothing.")
@yes_option(help="Don't ask.")
@json_option(help="JSON lines.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What was submitted, so that a run that was stopped or killed goes on.  [default: a file "
    "for the bucket in ~/.local/state/facescreen]",
)
@profile_option
@environment_option
@click.pass_obj
def backfill(
    environment: Environment,
    *,
    target: str,
    whole: bool,
    inventory: str,
    since: str,
    until: str,
    force: bool,
    missing: bool,
    most: int | None,
    sample: int | None,
    share: float,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    journal: Path | None,
    profile: str,
) -> int:
    """Have the deployed function screen what was in the bucket before it.

    Counts what has no verdict for its bytes, says what that costs at most, asks, and hands object
    after object to the function: to FC_FUNCTION (of FC_SERVICE on Function Compute 2.0), or to the
    queue UPLOADS_QUEUE_URL on AWS. What fails there ends in its dead-letter queue; a verdict of
    failed is left alone but for --force.

    A result costs USD 0.40. What can't be screened costs nothing, and the function's ledger never
    pays twice for the same bytes, whatever is submitted twice. Set TAG_PREFIX, TAG_FORM,
    CALLS_PER_SECOND and the filters in the environment as the function has them.
    """
    # Imported late: --help is not to wait for the SDKs.
    from facescreen_cli.commands.backfill.connecting import Options, connected

    if missing and (force or sample):
        raise click.UsageError("--missing goes with neither --force nor --sample")
    if missing:
        until, most, yes = until or _SWEEP_UNTIL, _SWEEP_MOST if most is None else most, True
    store, bucket, prefix = parse_bucket_target(target, whole=whole)
    selection = Selection(store, bucket, prefix, inventory, since, until, force, sample or 0)
    path = journal or _default_path(selection, missing=missing)
    options = Options(target, share, profile, most, yes=yes, as_json=as_json)
    run = connected(selection, options, environment)
    return run.estimate() if dry_run else run.go(path)


def _default_path(selection: Selection, *, missing: bool) -> Path:
    """One for each bucket: a sweep and a sample may go beside a backfill that takes weeks."""
    folder = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    kind = "missing" if missing else "sample" if selection.sample else "backfill"
    return Path(folder) / "facescreen" / f"{kind}-{selection.store}-{selection.bucket}.sqlite"
