"""Lists a bucket and counts the verdicts of its objects."""

from __future__ import annotations

from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from facescreen.errors import FacescreenError
from facescreen.settings.table import Settings
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.report.counts import BucketReport
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.output import show_progress_bar
from facescreen_cli.verdicts import TagReader, read_concurrently


def count_verdicts(bucket: StoreBucket, prefix: str, settings: Settings) -> BucketReport:
    """Count the verdicts under a prefix. If it ends early, the report is partial. Raises
    click.UsageError if the deployment writes no tags."""
    target = f"{bucket.store.name}://{bucket.name}/{prefix}"
    report, stop, tags = BucketReport(target), StopSignal(), TagReader(bucket, prefix, settings)
    counted = (SpinnerColumn(), TextColumn("{task.completed} checked"), TimeElapsedColumn())
    with stop.stop_on_interrupt(), show_progress_bar(*counted, total=None) as bar:
        try:
            for tag_state in read_concurrently(bucket.list_objects(prefix), tags.read, stop):
                report.counts.add(tag_state)
                bar.advance()
        except FacescreenError as error:
            report.partial = str(error)
    if stop.interrupted:
        report.interrupted, report.partial = True, "stopped by Ctrl-C"
    return report
