"""``facescreen backfill``: its options."""

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

_DEFAULT_UNTIL_FOR_MISSING = "60m"
_DEFAULT_MAX_CALLS_FOR_MISSING = 1000
_EXAMPLES = """
\b
Examples:
  facescreen backfill oss://selfies/2025/ --dry-run
  facescreen backfill oss://selfies/2025/ --sample 400
  facescreen backfill oss://selfies/2025/
  facescreen backfill oss://selfies --all --inventory oss://reports/x/manifest.json
  facescreen backfill s3://selfies --all --missing    # each night, by cron

\b
Exit codes: 0 all submitted, 2 not all, 64 usage, 130 stopped by Ctrl-C (to
continue, run the same command again).
"""


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="oss://BUCKET[/PREFIX]|s3://...")
@click.option("--all", "whole", is_flag=True, help="The whole bucket.")
@click.option(
    "--inventory",
    metavar="MANIFEST",
    default="",
    help="Read an inventory of the bucket instead of listing it. MANIFEST is its manifest.json, a "
    "file or an object (oss://..., s3://...). The inventory must be CSV with Key, Size, "
    "LastModifiedDate and ETag, and should have OSS's ObjectType.",
)
@click.option(
    "--since",
    default="",
    metavar="TIME",
    help="Only objects written at or after this time: 2026-11-23, 7d.",
)
@click.option(
    "--until",
    default="",
    metavar="TIME",
    help="Only objects written before this time: 2026-11-23T04:05Z, 90m.",
)
@click.option(
    "--force", is_flag=True, help="Also screen objects with a verdict, as tags can be forged."
)
@click.option(
    "--missing",
    is_flag=True,
    help="For a cron job: don't ask, leave out the last hour, whose events may still arrive "
    "(--until 60m), and refuse more than 1000 calls (--most 1000).",
)
@click.option(
    "--most", "max_calls", type=click.IntRange(0), help="Refuse to make more paid calls than this."
)
@click.option(
    "--sample",
    type=click.IntRange(1, 1_000_000),
    help="Screen this many objects at random, then estimate the flagged share and what the rest "
    "costs.",
)
@share_option
@dry_run_option(help="Show the cost and submit nothing.")
@yes_option(help="Don't ask.")
@json_option(help="Print JSON lines.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that records what was submitted, so that a stopped or killed run can continue.  "
    "[default: a file for the bucket in ~/.local/state/facescreen]",
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
    max_calls: int | None,
    sample: int | None,
    share: float,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    journal: Path | None,
    profile: str,
) -> int:
    """Screen existing objects with the deployed function.

    Counts the objects without a verdict for their current bytes, shows the maximum cost, asks, and
    submits each object to the function: to FC_FUNCTION (in FC_SERVICE on Function Compute 2.0), or
    to the queue UPLOADS_QUEUE_URL on AWS. An object that fails there ends in the dead-letter queue.
    Objects with the verdict failed are submitted again only with --force.

    A result costs USD 0.40. A file that can't be screened costs nothing, and the function's ledger
    never pays twice for the same bytes. Set TAG_PREFIX, TAG_FORM, CALLS_PER_SECOND and the filters
    in the environment to the function's values.
    """
    # Imported late: --help must not wait for the SDKs.
    from facescreen_cli.commands.backfill.connect import BackfillOptions, connect_backfill

    if missing and (force or sample):
        raise click.UsageError("--missing can't be combined with --force or --sample")
    if missing:
        until, yes = until or _DEFAULT_UNTIL_FOR_MISSING, True
        max_calls = _DEFAULT_MAX_CALLS_FOR_MISSING if max_calls is None else max_calls
    store, bucket, prefix = parse_bucket_target(target, whole=whole)
    selection = Selection(store, bucket, prefix, inventory, since, until, force, sample or 0)
    path = journal or _default_journal_path(selection, missing=missing)
    options = BackfillOptions(target, share, profile, max_calls, yes=yes, as_json=as_json)
    job = connect_backfill(selection, options, environment)
    return job.estimate() if dry_run else job.run(path)


def _default_journal_path(selection: Selection, *, missing: bool) -> Path:
    """One per bucket and kind: --missing and --sample may run beside a long backfill."""
    folder = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    kind = "missing" if missing else "sample" if selection.sample else "backfill"
    return Path(folder) / "facescreen" / f"{kind}-{selection.store}-{selection.bucket}.sqlite"
