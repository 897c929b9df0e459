"""``facescreen screen``: its options."""

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
failed, 64 usage, 130 stopped by Ctrl-C (the results so far are printed).
"""


@click.command(epilog=_EXAMPLES)
@click.argument(
    "targets", nargs=-1, required=True, metavar="FILE|FOLDER|URL|oss://BUCKET/KEY|s3://..."
)
@json_option(help="Print a JSON line for each result as it arrives.")
@click.option(
    "--write-back",
    is_flag=True,
    help="Tag objects and publish their verdicts, as the function does.",
)
@dry_run_option(help="Show the cost and make no call.")
@yes_option(help="Don't ask before more than 25 paid calls.")
@click.option(
    "--local",
    is_flag=True,
    help="Use a local cloud that runs during this command: free, and not a real verdict.",
)
@click.option(
    "--scene", metavar="CODE", help="Scene code of ID Verification.  [default: SCENE_CODE]"
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 10_000),
    help="Calls a second. The deployed function shares the account's quota: leave some of it to "
    "the function.  [default: CALLS_PER_SECOND, or 10]",
)
@profile_option
@click.option(
    "--endpoint",
    metavar="URL",
    help="Endpoint of ID Verification.  [default: CLOUDAUTH_ENDPOINT, or the public one]",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Accept URLs of this origin that would otherwise be refused: https://files.corp.example.",
)
@click.option("--verbose", is_flag=True, help="Print which files in folders are skipped, and why.")
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

    A result costs USD 0.40. A file that can't be screened is reported without a call, and the same
    bytes are paid for once. In folders, hidden files, links, and files that are neither images nor
    videos are skipped.

    Objects use the function's ledger, so an object that the function has screened is not paid for
    again. They need the function's settings in the environment: STATE_BUCKET, CALLS_PER_SECOND, and
    where verdicts are published (MNS_ENDPOINT with MNS_TOPIC or MNS_QUEUE; on AWS SNS_TOPIC_ARN,
    SQS_QUEUE_URL or EVENT_BUS). boto3 finds the region and credentials for S3.
    """
    # Imported late: --help must not wait for the SDKs.
    from facescreen_cli.commands.screen import run
    from facescreen_cli.commands.screen.services import ScreenServices

    target_list = run.find_targets(targets, origins, verbose=verbose)
    store = run.require_one_store(target_list)
    run.check_options(store, write_back=write_back, local=local, rate=rate)
    if local and (endpoint or profile):
        raise click.UsageError("--local can't be combined with --endpoint or --profile")
    options = {"SCENE_CODE": scene, "CALLS_PER_SECOND": rate, "CLOUDAUTH_ENDPOINT": endpoint}
    overrides = {name: str(value) for name, value in options.items() if value is not None}
    with run.choose_settings_and_credentials(environment, profile, local=local and not dry_run) as (
        settings,
        credentials,
    ):
        services = ScreenServices.from_env(
            {**settings, **overrides}, credentials, "" if dry_run else store, dry_run=dry_run
        )
        if dry_run:
            return run.print_cost(target_list, services)
        run.confirm_cost(target_list, services, yes=yes or local)
        return run.screen_targets(target_list, services, as_json=as_json, write_back=write_back)
