"""``facescreen report``: its options and steps."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from facescreen.platforms import choose
from facescreen_cli.buckets import StoreBucket, parse_bucket_target
from facescreen_cli.commands.report import cost, text
from facescreen_cli.commands.report.counting import count_verdicts
from facescreen_cli.commands.report.html_file import check_writable, write_atomically
from facescreen_cli.commands.report.html_page import render_html
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import OK
from facescreen_cli.options import cloud_option, environment_option, json_option, profile_option

_EXAMPLES = """
\b
Examples:
  facescreen report oss://selfies/2026/
  facescreen report oss://selfies --all --html report.html
  facescreen report oss://selfies/2026/ --json | jq .verdicts
  facescreen report oss://selfies/2026/11/23/ --check && echo all low risk
  facescreen report s3://selfies --all
  facescreen report --cost

\b
Exit codes: 0 counted, 2 some objects could not be read, 64 usage, 130 stopped
by Ctrl-C (the counts so far are printed). With --check: 0 all low risk, 1
something flagged, 2 something unscreenable, failed, stale or unscreened, or no
objects.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="[oss://BUCKET[/PREFIX]|s3://...]", required=False)
@click.option("--all", "whole", is_flag=True, help="The whole bucket.")
@json_option(help="Print one JSON document.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to this file, as a page that needs no other file and no network.",
)
@click.option("--check", is_flag=True, help="Exit with 1 or 2 unless everything is low risk.")
@click.option(
    "--cost",
    "cost_alone",
    is_flag=True,
    help="Show the paid calls of this month by day instead, compared with DAILY_CALLS.",
)
@cloud_option
@profile_option
@environment_option
@click.pass_obj
def report(
    environment: Environment,
    *,
    target: str | None,
    whole: bool,
    as_json: bool,
    page: Path | None,
    check: bool,
    cost_alone: bool,
    cloud: str,
    profile: str,
) -> int:
    """Summarize the verdicts in a bucket: by verdict, reason and day.

    Reads the tags of each object with one request, and writes nothing. Only these requests are
    charged. Anyone who may tag an object can forge its verdict: `facescreen doctor` checks who may.

    An unscreened object has no verdict, and the function would screen it. A stale object was
    overwritten after its verdict. Set TAG_PREFIX, TAG_FORM and the filters in the environment to
    the function's values, and OSS_REGION; on AWS boto3 finds the region and credentials.

    --cost reads the state bucket: set STATE_BUCKET and DAILY_CALLS to the function's values, and
    choose the cloud with --cloud.
    """
    if cost_alone:
        if target or whole or page or check:
            raise click.UsageError(
                "--cost covers all buckets: it can be combined only with --json, --cloud, "
                "--profile and --env"
            )
        return _print_cost(environment, cloud, profile, as_json=as_json)
    cloud_source = click.get_current_context().get_parameter_source("cloud")
    if cloud_source is ParameterSource.COMMANDLINE:
        raise click.UsageError(
            "--cloud is for --cost: the scheme of a bucket names its cloud, as in s3://bucket"
        )
    if target is None:
        raise click.UsageError("name a bucket and a prefix, as oss://bucket/prefix, or use --cost")
    store, name, prefix = parse_bucket_target(target, whole=whole)
    if page is not None:
        check_writable(page)
    settings, platform = connect_platform(store, environment.settings, UserCredentials(profile))
    bucket_report = count_verdicts(StoreBucket(platform.object_store, name), prefix, settings)
    text.print_report(bucket_report, as_json=as_json)
    if page is not None:
        write_atomically(page, render_html(bucket_report))
    return bucket_report.compute_exit_code(check=check)


def _print_cost(environment: Environment, cloud: str, profile: str, *, as_json: bool) -> int:
    store, credentials = choose.get_platform(cloud).store, UserCredentials(profile)
    settings, platform = connect_platform(
        store, environment.settings, credentials, needs=["STATE_BUCKET"]
    )
    month = cost.read_month(settings, platform)
    click.echo(cost.to_json_document(month) if as_json else cost.render_table(month))
    return OK
