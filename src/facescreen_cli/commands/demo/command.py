"""``facescreen demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from facescreen_cli.extras import require_local_cloud
from facescreen_cli.options import environment_option, json_option


@click.command()
@click.option("--once", is_flag=True, help="Exit after the table instead of keeping running.")
@json_option(help="Print a JSON list instead of a table.")
@environment_option
def demo(*, once: bool, as_json: bool) -> None:
    """Screen samples on a local cloud, and print the verdicts.

    Starts the local cloud, uploads the samples to its bucket, waits for their messages, reads the
    tags, and prints the verdict of each object.
    """
    require_local_cloud()
    # Imported late: --help must not wait for the local cloud.
    from facescreen_cli import local_cloud
    from facescreen_cli.commands.demo import results

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        local_cloud.run_local_cloud(Path(folder), {}) as cloud,
    ):
        outcomes = results.run_samples(cloud)
        click.echo(results.to_json_list(outcomes) if as_json else results.render_table(outcomes))
        if not once:
            stopped = local_cloud.record_signals()
            local_cloud.print_addresses(cloud)
            local_cloud.wait_for_signal(stopped)
    if not results.all_as_expected(outcomes):
        raise click.ClickException("not every sample has the expected verdict")
