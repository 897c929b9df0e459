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
    from facescreen_cli.commands.demo import results

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        local_cloud.running_cloud(Path(folder), {}) as cloud,
    ):
        rows = results.run_samples(cloud)
        click.echo(results.to_json_list(rows) if as_json else results.render_table(rows))
        if not once:
            stopped = local_cloud.watch_signals()
            local_cloud.print_addresses(cloud)
            local_cloud.wait_for_signal(stopped)
    if not results.all_as_expected(rows):
        raise click.ClickException("not every sample came to its expected end")
