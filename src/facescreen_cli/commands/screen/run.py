"""What the command does, step by step."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.clients.dns import addresses
from facescreen.screening.url_rules import UrlRules
from facescreen_cli.commands.screen.estimate import paid_calls
from facescreen_cli.commands.screen.report import Report, skipped_summary
from facescreen_cli.commands.screen.services import Services
from facescreen_cli.commands.screen.targets import BucketObject, Found
from facescreen_cli.commands.screen.workers import results, workers
from facescreen_cli.cost import confirm, format_cost
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import INTERRUPTED, OK
from facescreen_cli.extras import require_local_cloud
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.output import print_note, progress_bar, replace_unprintable

_MAX_UNASKED = 25
"""Paid calls that nobody is asked about."""
_LOCAL_SCENE = "local_0001"


def find_targets(arguments: tuple[str, ...], origins: tuple[str, ...], *, verbose: bool) -> Found:
    """All that the arguments name. Raises click.UsageError where that is nothing to screen."""
    allowed = tuple(origin.lower().rstrip("/") for origin in origins)
    found, rules = Found(), UrlRules(allowed, addresses)
    for argument in arguments:
        found.add(argument, rules)
    if verbose:
        for path, why in found.skipped:
            print_note(f"skipped ({why}): {replace_unprintable(str(path))}")
    if not found.targets:
        raise click.UsageError(f"there is no image or video to screen. {skipped_summary(found)}")
    return found


def store_of(found: Found) -> str:
    """That of the objects among them; empty where there are none. Raises click.UsageError."""
    stores = {one.ref.store for one in found.targets if isinstance(one, BucketObject)}
    if len(stores) > 1:
        raise click.UsageError("oss:// or s3://, not both at once: each has its ledger")
    return stores.pop() if stores else ""


def check_objects(store: str, *, write_back: bool, local: bool, rate: float | None) -> None:
    """Whether the options fit objects of a `store`, or none. Raises click.UsageError."""
    if rate is not None and store:
        # Turns are counted in units of it (deepfake.rate_limiter): with another one the two would
        # wait for each other's minute to end.
        raise click.UsageError(
            "objects take their turns beside the function's: set CALLS_PER_SECOND as it has it, "
            "without --rate"
        )
    if write_back and not store:
        raise click.UsageError("--write-back is for objects of buckets: a file has no tags")
    if local and store:
        raise click.UsageError("the cloud of --local holds no objects: use `facescreen up`")


@contextmanager
def surroundings(
    environment: Environment, profile: str, *, local: bool
) -> Iterator[tuple[Mapping[str, str], CredentialSource]]:
    """Settings and credentials: the user's, or those of a local cloud that runs while the block
    does."""
    if not local:
        yield environment.settings, UserCredentials(profile)
        return
    require_local_cloud()
    # Imported late: most runs need none, and it takes seconds.
    from facescreen_cli.local_cloud import running_cloud

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        running_cloud(Path(folder), {}) as cloud,
    ):
        cloud.write_samples()
        key = cloud.identity.key
        own = Credentials(key.access_key_id, key.access_key_secret)
        yield {"SCENE_CODE": _LOCAL_SCENE, **cloud.client_environment()}, own


def tell_cost(found: Found, services: Services) -> int:
    """Says what a run would cost at most. The exit code."""
    calls = paid_calls(found.targets, services.settings.strictness)
    told = f"{len(found.targets)} to screen: up to {format_cost(calls)}. {skipped_summary(found)}"
    click.echo(told.strip())
    return OK


def confirm_cost(found: Found, services: Services, *, yes: bool) -> None:
    """Raises click.UsageError for a run that nobody agreed to pay for."""
    if yes or len(found.targets) <= _MAX_UNASKED:
        return
    calls = paid_calls(found.targets, services.settings.strictness)
    confirm(
        f"Up to {format_cost(calls)}. Go on?",
        yes=calls <= _MAX_UNASKED,
        if_no_terminal=f"up to {format_cost(calls)}: more than {_MAX_UNASKED} calls need --yes",
        if_declined="nothing was screened or paid",
    )


def run(found: Found, services: Services, *, as_json: bool, write_back: bool) -> int:
    """Screens all of it. The exit code."""
    stop, report = StopSignal(), Report(found)
    judge = services.judge(stop, objects=bool(store_of(found)), write_back=write_back)
    size = workers(services.settings.calls_per_second, len(found.targets))
    columns = ("screened", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with stop.on_interrupt(), progress_bar(*columns, total=len(found.targets)) as bar:
        for result in results(found.targets, judge.judge, stop, size):
            report.add(result, as_json=as_json)
            bar.advance()
    if not as_json:
        report.table()
    click.echo(report.summary(), err=as_json)
    if stop.error is not None:
        print_note(f"Stopped: {stop.error}")
    return INTERRUPTED if stop.interrupted else report.status
