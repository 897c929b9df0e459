"""``facescreen demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from facescreen_cli.commands.demo import table
from facescreen_cli.local_cloud import (
    print_addresses,
    running_cloud,
    wait_for_signal,
    watch_signals,
)
from facescreen_cli.options import environment_option


@click.command()
@click.option("--once", is_flag=True, help="End after the table, instead of listening on.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of a table.")
@environment_option
def demo(*, once: bool, as_json: bool) -> None:
    """Run the main job on the local cloud.

    Starts the local cloud, uploads the samples to its bucket, waits for the messages, reads the
    tags back, and prints what stands on each object.
    """

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        running_cloud(Path(folder), {}) as cloud,
    ):
        rows = table.run(cloud)
        click.echo(table.as_json(rows) if as_json else table.as_table(rows))
        if not once:
            stopped = watch_signals()
            print_addresses(cloud)
            wait_for_signal(stopped)
    if not table.as_expected(rows):
        raise click.ClickException("not every sample came to its expected end")
