"""The command: its options, and the order of things."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen_cli.commands.screen.services import Services
from facescreen_cli.commands.screen.targets import Found
from facescreen_cli.credentials import find_credentials
from facescreen_cli.environment import Environment
from facescreen_cli.options import environment_option
from facescreen_cli.output import printable

_MAX_UNASKED = 25
"""Paid calls that nobody is asked about."""
_LOCAL_SCENE = "local_0001"
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
@click.option("--json", "as_json", is_flag=True, help="A JSON line for each, as it comes.")
@click.option("--write-back", is_flag=True, help="Tag and announce objects as the function does.")
@click.option("--dry-run", is_flag=True, help="Say what would be paid, and call nothing.")
@click.option("--yes", is_flag=True, help="Don't ask before more than 25 paid calls.")
@click.option("--local", is_flag=True, help="On a local cloud of this run's own: free, no verdict.")
@click.option("--scene", metavar="CODE", help="Scene of ID Verification.  [default: SCENE_CODE]")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 10_000),
    help="Calls a second. The account's quota is shared with the deployed function: leave it its "
    "part.  [default: CALLS_PER_SECOND, or 10]",
)
@click.option(
    "--profile",
    default="",
    help="Credentials of this profile of `aliyun configure`.  [default: the environment's, then "
    "the default profile's]",
)
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
    from facescreen_cli.commands.screen import services as ours
    from facescreen_cli.settings import usage_errors

    found = _find(targets, origins, verbose=verbose)
    _check_objects(found, write_back=write_back, local=local, rate=rate)
    if local and (endpoint or profile):
        raise click.UsageError("--local brings its own endpoint and credentials")
    with _surroundings(environment, profile, local=local and not dry_run) as (base, credentials):
        with usage_errors():
            told = ours.environment(scene=scene, rate=rate, endpoint=endpoint, base=base)
            services = ours.Services.from_env(told)
        if dry_run:
            return _tell_costs(found, services)
        _check_costs(found, services, yes=yes or local)
        return _run(found, services, credentials(), as_json=as_json, write_back=write_back)


def _find(arguments: tuple[str, ...], origins: tuple[str, ...], *, verbose: bool) -> Found:
    from facescreen.clients.dns import addresses
    from facescreen.screening.url_rules import UrlRules
    from facescreen_cli.commands.screen.report import skipped_summary
    from facescreen_cli.commands.screen.targets import Found

    allowed = tuple(origin.lower().rstrip("/") for origin in origins)
    found, rules = Found(), UrlRules(allowed, addresses)
    for argument in arguments:
        found.add(argument, rules)
    if verbose:
        for path, why in found.skipped:
            click.echo(f"skipped ({why}): {printable(str(path))}", err=True)
    if not found.targets:
        raise click.UsageError(f"there is no image or video to screen. {skipped_summary(found)}")
    return found


def _check_objects(found: Found, *, write_back: bool, local: bool, rate: float | None) -> None:
    store = _store_of(found)
    if rate is not None and store:
        # Turns are counted in units of it (deepfake.fleet): with another one the two would wait
        # for each other's minute to end.
        raise click.UsageError(
            "objects take their turns beside the function's: set CALLS_PER_SECOND as it has it, "
            "without --rate"
        )
    if write_back and not store:
        raise click.UsageError("--write-back is for objects of buckets: a file has no tags")
    if local and store:
        raise click.UsageError("the cloud of --local holds no objects: use `facescreen up`")


def _store_of(found: Found) -> str:
    """That of the objects among them; empty where there are none. Raises click.UsageError."""
    from facescreen_cli.commands.screen.targets import BucketObject

    stores = {one.ref.store for one in found.targets if isinstance(one, BucketObject)}
    if len(stores) > 1:
        raise click.UsageError("oss:// or s3://, not both at once: each has its ledger")
    return stores.pop() if stores else ""


@contextmanager
def _surroundings(
    environment: Environment, profile: str, *, local: bool
) -> Iterator[tuple[Mapping[str, str], Callable[[], CredentialSource]]]:
    """The environment and its credentials, or those of a local cloud that runs while the block
    does."""
    if not local:
        yield environment.settings, lambda: find_credentials(profile)
        return
    from facescreen_cli.local_cloud import running_cloud

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        running_cloud(Path(folder), {}) as cloud,
    ):
        cloud.samples()
        key = cloud.identity.key
        own = Credentials(key.access_key_id, key.access_key_secret)
        yield {"SCENE_CODE": _LOCAL_SCENE, **cloud.environment()}, lambda: own


def _tell_costs(found: Found, services: Services) -> int:
    from facescreen_cli.commands.screen.estimate import paid_calls
    from facescreen_cli.commands.screen.report import skipped_summary
    from facescreen_cli.cost import costs

    calls = paid_calls(found.targets, services.strictness)
    told = f"{len(found.targets)} to screen: up to {costs(calls)}. {skipped_summary(found)}"
    click.echo(told.strip())
    return 0


def _check_costs(found: Found, services: Services, *, yes: bool) -> None:
    """Raises click.UsageError for a run that nobody agreed to pay for."""
    from facescreen_cli.commands.screen.estimate import paid_calls
    from facescreen_cli.cost import confirm, costs

    if yes or len(found.targets) <= _MAX_UNASKED:
        return
    calls = paid_calls(found.targets, services.strictness)
    confirm(
        f"Up to {costs(calls)}. Go on?",
        yes=calls <= _MAX_UNASKED,
        unasked=f"up to {costs(calls)}: more than {_MAX_UNASKED} calls are paid only with --yes",
        declined="nothing was screened or paid",
    )


def _run(
    found: Found,
    services: Services,
    credentials: CredentialSource,
    *,
    as_json: bool,
    write_back: bool,
) -> int:
    from facescreen_cli.commands.screen.report import Report, progress
    from facescreen_cli.commands.screen.workers import results, workers
    from facescreen_cli.exit_codes import INTERRUPTED
    from facescreen_cli.interrupt import StopSignal

    stop, report = StopSignal(), Report(found)
    judge = services.judge(credentials, stop, store=_store_of(found), write_back=write_back)
    size = workers(services.calls_per_second, len(found.targets))
    with stop.on_interrupt(), progress(len(found.targets)) as advance:
        for result in results(found.targets, judge.judge, stop, size):
            report.add(result, as_json=as_json)
            advance()
    if not as_json:
        report.table()
    click.echo(report.summary(), err=as_json)
    if stop.fault is not None:
        click.echo(f"Stopped: {stop.fault}", err=True)
    return INTERRUPTED if stop.interrupted else report.status
