"""``facescreen demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from facescreen_cli.extras import require_local_cloud
from facescreen_cli.options import environment_option, json_option


@click.command()
@click.option("--once", is_flag=True, help="End after the table, instead of listening on.")
@json_option(help="A JSON list instead of a table.")
@environment_option
def demo(*, once: bool, as_json: bool) -> None:
    """Run the main job on the local cloud.

    Starts the local cloud, uploads the samples to its bucket, waits for the messages, reads the
    tags back, and prints what stands on each object.
    """
    require_local_cloud()
    # Imported late: --help is not to wait for the local cloud.
    from facescreen_cli import local_cloud
    from facescreen_cli.commands.demo import table

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        local_cloud.running_cloud(Path(folder), {}) as cloud,
    ):
        rows = table.run(cloud)
        click.echo(table.as_json(rows) if as_json else table.as_table(rows))
        if not once:
            stopped = local_cloud.watch_signals()
            local_cloud.print_addresses(cloud)
            local_cloud.wait_for_signal(stopped)
    if not table.as_expected(rows):
        raise click.ClickException("not every sample came to its expected end")
