"""The steps of ``facescreen screen``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.clients.dns import resolve_host
from facescreen.screening.url_rules import UrlRules
from facescreen_cli.commands.screen.estimate import count_paid_calls
from facescreen_cli.commands.screen.report import ScreenReport, format_skipped
from facescreen_cli.commands.screen.services import ScreenServices
from facescreen_cli.commands.screen.targets import BucketObject, TargetList
from facescreen_cli.commands.screen.workers import choose_worker_count, screen_concurrently
from facescreen_cli.cost import confirm, format_cost
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import INTERRUPTED, OK
from facescreen_cli.extras import require_local_cloud
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.output import print_note, replace_unprintable, show_progress_bar

_MAX_UNCONFIRMED_CALLS = 25
"""Paid calls that need no confirmation."""
_LOCAL_SCENE_CODE = "local_0001"


def find_targets(
    arguments: tuple[str, ...], origins: tuple[str, ...], *, verbose: bool
) -> TargetList:
    """Find everything that the arguments name. Raises click.UsageError if there is nothing to
    screen."""
    allowed = tuple(origin.lower().rstrip("/") for origin in origins)
    target_list, rules = TargetList(), UrlRules(allowed, resolve_host)
    for argument in arguments:
        target_list.add(argument, rules)
    if verbose:
        for path, reason in target_list.skipped:
            print_note(f"skipped ({reason}): {replace_unprintable(str(path))}")
    if not target_list.targets:
        raise click.UsageError(
            f"there is no image or video to screen. {format_skipped(target_list)}"
        )
    return target_list


def require_one_store(target_list: TargetList) -> str:
    """Returns the store of the objects among the targets; empty if there are none. Raises
    click.UsageError if there are several stores."""
    stores = {
        target.ref.store for target in target_list.targets if isinstance(target, BucketObject)
    }
    if len(stores) > 1:
        raise click.UsageError("name objects of oss:// or s3://, not both at once")
    return stores.pop() if stores else ""


def check_options(store: str, *, write_back: bool, local: bool, rate: float | None) -> None:
    """Check that the options suit objects of `store`; empty if there are no objects. Raises
    click.UsageError."""
    if rate is not None and store:
        # deepfake.rate_limiter counts slots in units of the rate: with different rates the command
        # and the function would block each other for up to a minute.
        raise click.UsageError(
            "objects share the function's rate limiter: set CALLS_PER_SECOND to the function's "
            "value instead of --rate"
        )
    if write_back and not store:
        raise click.UsageError("--write-back needs objects in buckets: files have no tags")
    if local and store:
        raise click.UsageError("the local cloud of --local holds no objects: use `facescreen up`")


@contextmanager
def choose_settings_and_credentials(
    environment: Environment, profile: str, *, local: bool
) -> Iterator[tuple[Mapping[str, str], CredentialSource]]:
    """Yields the user's settings and credentials, or those of a local cloud that runs until the
    block ends."""
    if not local:
        yield environment.settings, UserCredentials(profile)
        return
    require_local_cloud()
    # Imported late: it takes seconds, and most runs don't need it.
    from facescreen_cli.local_cloud import run_local_cloud

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        run_local_cloud(Path(folder), {}) as cloud,
    ):
        cloud.write_samples()
        key = cloud.account.key
        local_credentials = Credentials(key.access_key_id, key.access_key_secret)
        yield (
            {"SCENE_CODE": _LOCAL_SCENE_CODE, **cloud.build_client_environment()},
            local_credentials,
        )


def print_cost(target_list: TargetList, services: ScreenServices) -> int:
    """Print what a run would cost at most. Returns the exit code."""
    calls = count_paid_calls(target_list.targets, services.settings.strictness)
    summary = f"{len(target_list.targets)} to screen: up to {format_cost(calls)}."
    click.echo(f"{summary} {format_skipped(target_list)}".strip())
    return OK


def confirm_cost(target_list: TargetList, services: ScreenServices, *, yes: bool) -> None:
    """Ask before a run that may cost more than a few calls. Raises click.UsageError if it is
    not confirmed."""
    if yes or len(target_list.targets) <= _MAX_UNCONFIRMED_CALLS:
        return
    calls = count_paid_calls(target_list.targets, services.settings.strictness)
    confirm(
        f"Up to {format_cost(calls)}. Continue?",
        yes=calls <= _MAX_UNCONFIRMED_CALLS,
        if_no_terminal=(
            f"up to {format_cost(calls)}: more than {_MAX_UNCONFIRMED_CALLS} calls need --yes"
        ),
        if_declined="nothing was screened or paid for",
    )


def screen_targets(
    target_list: TargetList, services: ScreenServices, *, as_json: bool, write_back: bool
) -> int:
    """Screen all targets and print the results. Returns the exit code."""
    stop, report = StopSignal(), ScreenReport(target_list)
    has_objects = bool(require_one_store(target_list))
    screener = services.create_target_screener(stop, objects=has_objects, write_back=write_back)
    thread_count = choose_worker_count(services.settings.calls_per_second, len(target_list.targets))
    columns = ("screened", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        stop.stop_on_interrupt(),
        show_progress_bar(*columns, total=len(target_list.targets)) as progress,
    ):
        for result in screen_concurrently(target_list.targets, screener.screen, stop, thread_count):
            report.add(result, as_json=as_json)
            progress.advance()
    if not as_json:
        report.print_table()
    click.echo(report.format_summary(), err=as_json)
    if stop.error is not None:
        print_note(f"Stopped: {stop.error}")
    return INTERRUPTED if stop.interrupted else report.exit_code
