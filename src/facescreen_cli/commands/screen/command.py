"""The command: its options, and the order of things."""

from __future__ import annotations

import click

from facescreen_cli.environment import Environment
from facescreen_cli.options import (
    dry_run_option,
    environment_option,
    json_option,
    profile_option,
    yes_option,
)

_EXAMPLES = """
\b
Examples:
  facescreen screen selfie.jpg clip.mp4
  facescreen screen ./selfies --dry-run
  facescreen screen ./selfies --yes --json > verdicts.jsonl
  facescreen screen oss://selfies/2026/a.jpg --write-back
  facescreen screen s3://selfies/2026/a.jpg
  facescreen screen https://cdn.example/a.jpg
  facescreen screen selfie.jpg --local

\b
Exit codes: 0 all low risk, 1 something flagged, 2 something unscreenable or
failed, 64 usage, 130 stopped by Ctrl-C (what was done is told).
"""


@click.command(epilog=_EXAMPLES)
@click.argument(
    "targets", nargs=-1, required=True, metavar="FILE|FOLDER|URL|oss://BUCKET/KEY|s3://..."
)
@json_option(help="A JSON line for each, as it comes.")
@click.option("--write-back", is_flag=True, help="Tag and announce objects as the function does.")
@dry_run_option(help="Say what would be paid, and call nothing.")
@yes_option(help="Don't ask before more than 25 paid calls.")
@click.option("--local", is_flag=True, help="On a local cloud of this run's own: free, no verdict.")
@click.option("--scene", metavar="CODE", help="Scene of ID Verification.  [default: SCENE_CODE]")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 10_000),
    help="Calls a second. The account's quota is shared with the deployed function: leave it its "
    "part.  [default: CALLS_PER_SECOND, or 10]",
)
@profile_option
@click.option(
    "--endpoint",
    metavar="URL",
    help="ID Verification.  [default: CLOUDAUTH_ENDPOINT, or the public one]",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Take URLs of this origin although they would be refused, as https://files.corp.example.",
)
@click.option("--verbose", is_flag=True, help="Name what is skipped in folders, and why.")
@environment_option
@click.pass_obj
def screen(
    environment: Environment,
    *,
    targets: tuple[str, ...],
    scene: str | None,
    rate: float | None,
    profile: str,
    endpoint: str | None,
    origins: tuple[str, ...],
    as_json: bool,
    write_back: bool,
    dry_run: bool,
    yes: bool,
    local: bool,
    verbose: bool,
) -> int:
    """Screen files, folders, URLs or objects for deepfakes.

    A result costs USD 0.40. What can't be screened is told without a call, and the same bytes are
    paid for once. Folders are taken whole, but for hidden files, links, and what is neither image
    nor video.

    Objects go through the function's ledger, so what it has screened is not paid for again: they
    need its settings in the environment (STATE_BUCKET, CALLS_PER_SECOND, and where its messages
    go: MNS_ENDPOINT with MNS_TOPIC or MNS_QUEUE; on AWS SNS_TOPIC_ARN, SQS_QUEUE_URL or EVENT_BUS,
    while region and credentials of S3 are boto3's matter).
    """
    # Imported late: --help is not to wait for the SDKs.
    from facescreen_cli.commands.screen import run
    from facescreen_cli.commands.screen.services import Services

    found = run.find_targets(targets, origins, verbose=verbose)
    store = run.store_of(found)
    run.check_objects(store, write_back=write_back, local=local, rate=rate)
    if local and (endpoint or profile):
        raise click.UsageError("--local brings its own endpoint and credentials")
    given = {"SCENE_CODE": scene, "CALLS_PER_SECOND": rate, "CLOUDAUTH_ENDPOINT": endpoint}
    options = {name: str(value) for name, value in given.items() if value is not None}
    with run.surroundings(environment, profile, local=local and not dry_run) as (base, credentials):
        services = Services.from_env(
            {**base, **options}, credentials, "" if dry_run else store, dry_run=dry_run
        )
        if dry_run:
            return run.tell_cost(found, services)
        run.confirm_cost(found, services, yes=yes or local)
        return run.run(found, services, as_json=as_json, write_back=write_back)
