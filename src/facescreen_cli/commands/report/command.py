"""The command: its options, and the order of things."""

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
Exit codes: 0 counted, 2 not all could be read, 64 usage, 130 stopped by
Ctrl-C (what was counted is told). With --check: 0 all low risk, 1 something
flagged, 2 something unscreenable, failed, stale or unscreened, or nothing
there.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="[oss://BUCKET[/PREFIX]|s3://...]", required=False)
@click.option("--all", "whole", is_flag=True, help="The whole bucket.")
@json_option(help="One JSON document.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page of it to this file too, which needs no other file and no network.",
)
@click.option("--check", is_flag=True, help="End with 1 or 2 unless all is low risk.")
@click.option(
    "--cost",
    "cost_alone",
    is_flag=True,
    help="Instead: the paid calls of this month by day, against DAILY_CALLS.",
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
    """Count what stands on the objects of a bucket: verdicts, reasons, days.

    It goes by the tags alone, with a request for each object, and writes nothing. Nothing is paid
    for but those requests. Whoever may tag an object can forge its verdict: `facescreen doctor`
    says who may.

    Unscreened are objects without a verdict that the function would screen; stale are those whose
    verdict is of bytes that were overwritten. Set TAG_PREFIX, TAG_FORM and the filters in the
    environment as the function has them, and OSS_REGION; on AWS region and credentials are boto3's
    matter.

    The cost is read from the state bucket: set STATE_BUCKET and DAILY_CALLS as the function has
    them, and say where with --cloud.
    """
    if cost_alone:
        if target or whole or page or check:
            raise click.UsageError("--cost is of all buckets: give nothing but --json with it")
        return _print_cost(environment, cloud, profile, as_json=as_json)
    given = click.get_current_context().get_parameter_source("cloud")
    if given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--cloud is for --cost: a bucket says where it is, as s3://bucket")
    if target is None:
        raise click.UsageError("name a bucket and a prefix, as oss://bucket/prefix, or --cost")
    store, name, prefix = parse_bucket_target(target, whole=whole)
    if page is not None:
        check_writable(page)
    settings, platform = connect_platform(store, environment.settings, UserCredentials(profile))
    counted = count_verdicts(StoreBucket(platform.object_store, name), prefix, settings)
    text.print_report(counted, as_json=as_json)
    if page is not None:
        write_atomically(page, render_html(counted))
    return counted.status(check=check)


def _print_cost(environment: Environment, cloud: str, profile: str, *, as_json: bool) -> int:
    store, credentials = choose.named(cloud).store, UserCredentials(profile)
    settings, platform = connect_platform(
        store, environment.settings, credentials, needs=["STATE_BUCKET"]
    )
    month = cost.read_month(settings, platform)
    click.echo(cost.as_json(month) if as_json else cost.as_table(month))
    return OK
