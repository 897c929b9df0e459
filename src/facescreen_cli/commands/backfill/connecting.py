"""Connects a backfill's parts, from the environment and the options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial

import click

from facescreen.settings.table import Settings
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.backfill.inventory.source import opened
from facescreen_cli.commands.backfill.jsonl import Lines
from facescreen_cli.commands.backfill.run import Run
from facescreen_cli.commands.backfill.selection import Coverage, Selection
from facescreen_cli.commands.backfill.sources import Listing, Source
from facescreen_cli.commands.backfill.text import Sentences
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.sdk.invoker import connect_invoker
from facescreen_cli.verdicts import NoVerdict, TagReader, TagState


@dataclass(frozen=True)
class Options:
    """How the selected objects are gone through."""

    target: str
    share: float
    profile: str
    most: int | None
    yes: bool
    as_json: bool


def connected(selection: Selection, options: Options, environment: Environment) -> Run:
    """Raises errors.FacescreenError, click.UsageError."""
    credentials = UserCredentials(options.profile)
    settings, platform = connect_platform(selection.store, environment.settings, credentials)
    bucket = StoreBucket(platform.object_store, selection.bucket)
    stands = TagReader(bucket, settings).read
    selection, source = _source(selection, bucket)
    return Run(
        selection=selection,
        said=selection.said(settings),
        target=options.target,
        source=source,
        coverage=_coverage(selection, settings),
        read=_unasked if selection.force else stands,
        stands=stands,
        invoker=partial(connect_invoker, selection.store, environment, credentials),
        per_second=options.share * settings.calls_per_second,
        most=options.most,
        yes=options.yes,
        teller=Lines() if options.as_json else Sentences(),
        stop=StopSignal(),
    )


def _source(selection: Selection, bucket: StoreBucket) -> tuple[Selection, Source]:
    """With the inventory's MD5 in the selection: tomorrow's has the same name in a folder."""
    if not selection.inventory:
        return selection, Listing(bucket, selection.prefix)
    source = opened(selection.inventory, bucket)
    return replace(selection, inventory=f"{selection.inventory} ({source.md5})"), source


def _coverage(selection: Selection, settings: Settings) -> Coverage:
    try:
        return Coverage(selection, settings, datetime.now(timezone.utc))
    except (ValueError, OverflowError):
        raise click.UsageError(
            "--since and --until are days as 2026-11-23, moments as 2026-11-23T04:05:06Z, or as "
            "long ago as 90m, 24h or 7d"
        ) from None


def _unasked(_: ObjectSummary) -> TagState:
    """For --force, which no verdict keeps from anything."""
    return NoVerdict.UNSCREENED
