"""Builds a backfill from the environment and the options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial

import click

from facescreen.settings.table import Settings
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.backfill.inventory.source import open_inventory
from facescreen_cli.commands.backfill.jsonl import JsonReporter
from facescreen_cli.commands.backfill.run import Backfill
from facescreen_cli.commands.backfill.selection import Selection, SelectionFilter
from facescreen_cli.commands.backfill.sources import BucketListing, ObjectSource
from facescreen_cli.commands.backfill.text import TextReporter
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.sdk.invoker import connect_invoker
from facescreen_cli.verdicts import NoVerdictReason, TagReader, TagState


@dataclass(frozen=True)
class BackfillOptions:
    """The options that don't select objects."""

    target: str
    share: float
    """Of CALLS_PER_SECOND."""
    profile: str
    max_calls: int | None
    yes: bool
    as_json: bool


def connect_backfill(
    selection: Selection, options: BackfillOptions, environment: Environment
) -> Backfill:
    """Raises errors.FacescreenError, click.UsageError."""
    credentials = UserCredentials(options.profile)
    settings, platform = connect_platform(selection.store, environment.settings, credentials)
    bucket = StoreBucket(platform.object_store, selection.bucket)
    read_tags = TagReader(bucket, selection.prefix, settings).read
    selection, source = _open_source(selection, bucket)
    return Backfill(
        selection=selection,
        request=selection.to_dict(settings),
        target=options.target,
        source=source,
        selection_filter=_create_selection_filter(selection, settings),
        read_tags_to_plan=_assume_unscreened if selection.force else read_tags,
        read_tags=read_tags,
        connect_invoker=partial(connect_invoker, selection.store, environment, credentials),
        per_second=options.share * settings.calls_per_second,
        max_calls=options.max_calls,
        yes=options.yes,
        reporter=JsonReporter() if options.as_json else TextReporter(),
        stop=StopSignal(),
    )


def _open_source(selection: Selection, bucket: StoreBucket) -> tuple[Selection, ObjectSource]:
    """Also adds the inventory's MD5 to the selection: tomorrow's inventory may have the same file
    name."""
    if not selection.inventory:
        return selection, BucketListing(bucket, selection.prefix)
    source = open_inventory(selection.inventory, bucket)
    return replace(selection, inventory=f"{selection.inventory} ({source.md5})"), source


def _create_selection_filter(selection: Selection, settings: Settings) -> SelectionFilter:
    try:
        return SelectionFilter(selection, settings, datetime.now(timezone.utc))
    except (ValueError, OverflowError):
        raise click.UsageError(
            "--since and --until take a day (2026-11-23), a time (2026-11-23T04:05:06Z) or an age "
            "(90m, 24h, 7d)"
        ) from None


def _assume_unscreened(_: ObjectSummary) -> TagState:
    """For --force: an existing verdict doesn't exclude an object."""
    return NoVerdictReason.UNSCREENED
