"""``demo`` and ``up``: the local cloud."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from facescreen_local.cloud import LocalCloud

PROJECT = Path(__file__).parents[2]
SERVICES = ("oss", "cloudauth", "mns", "fc", "http", "admin")


@click.command()
@click.option("--once", is_flag=True, help="End after the table, instead of listening on.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of a table.")
def demo(*, once: bool, as_json: bool) -> None:
    """Run the main job on the local cloud.

    Starts the local cloud, uploads the samples to its bucket, waits for the messages, reads the
    tags back, and prints what stands on each object.
    """
    from facescreen_cli import table

    with (
        tempfile.TemporaryDirectory(prefix="facescreen-") as folder,
        running_cloud(Path(folder), {}) as cloud,
    ):
        rows = table.run(cloud)
        click.echo(table.as_json(rows) if as_json else table.as_table(rows))
        if not once:
            stopped = _stops()
            _tell(cloud)
            _wait_for(stopped)
    if not table.as_expected(rows):
        raise click.ClickException("not every sample came to its expected end")


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".facescreen"),
    show_default=True,
    help="Folder of the local cloud's state.",
)
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write endpoints and keys here as KEY=value, once everything is ready.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="SERVICE=PORT",
    help=f"Listen there instead of on a free port; SERVICE is one of: {', '.join(SERVICES)}.",
)
@click.option("--samples", is_flag=True, help="Put the samples into the bucket.")
@click.option(
    "--packaged",
    is_flag=True,
    help="Run what `facescreen package` built, on the Python it was built for.",
)
def up(
    data: Path, env_file: Path | None, ports: tuple[str, ...], *, samples: bool, packaged: bool
) -> None:
    """Run the local cloud until stopped.

    An object that is put into its bucket is screened as s.yaml says. verdicts.json in the data
    folder gives the verdicts of the stand-in by SHA-256; samples/ holds files to try.
    """
    from facescreen_cli import table
    from facescreen_local.cloud import write_env_file

    interpreters = _interpreters() if packaged else None
    with running_cloud(data, dict(_port(given) for given in ports), interpreters) as cloud:
        if samples:
            table.upload(cloud)
        else:
            cloud.samples()
        # First: whoever finds the env file may stop this at once.
        stopped = _stops()
        if env_file is not None:
            write_env_file(env_file, cloud.environment())
        _tell(cloud)
        _wait_for(stopped)


def _interpreters() -> dict[str, str]:
    """Of the runtime that the packages are built for. Raises Unpackaged."""
    from facescreen_cli.package import interpreter
    from facescreen_cli.package.target import target

    version = target("alibaba", os.environ).python
    return {f"python{version}": str(interpreter.find(version).path)}


@contextmanager
def running_cloud(
    data: Path, ports: dict[str, int], interpreters: dict[str, str] | None = None
) -> Iterator[LocalCloud]:
    """A local cloud that runs while the block does, from packages where `interpreters` are."""
    from facescreen_local.background import Background
    from facescreen_local.cloud import LocalCloud
    from facescreen_serverless_devs.section import BadTemplate

    settings = dict.fromkeys(["FC_RUNTIME"], next(iter(interpreters))) if interpreters else {}
    with _sigterm_as_ctrl_c(), Background() as loop:
        cloud = LocalCloud(data, PROJECT, settings, interpreters=interpreters)
        try:
            loop.run(cloud.start(ports))
            yield cloud
        except BadTemplate as bad:
            raise click.ClickException(str(bad)) from None
        finally:
            loop.run(cloud.stop())


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Whoever ends the process leaves no instance and no folder behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(cloud: LocalCloud) -> None:
    """Where the local cloud listens, on standard error."""
    addresses = {
        name: value for name, value in cloud.environment().items() if value.startswith("http")
    }
    click.echo("The local cloud listens (a stand-in: not a forgery detector):", err=True)
    for name, address in addresses.items():
        click.echo(f"  {name:20} {address}", err=True)
    click.echo("Ctrl-C stops it.", err=True)


def _stops() -> list[int]:
    """Where the signals that ask for the end are noted from now on, instead of ending at once."""
    # No Event here: its lock may be held by the very code that the signal interrupts.
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stopped.append(received))
    return stopped


def _wait_for(stopped: list[int]) -> None:
    while not stopped:
        time.sleep(0.2)


def _port(given: str) -> tuple[str, int]:
    service, _, number = given.partition("=")
    if service not in SERVICES or not number.isdecimal() or not 0 < int(number) < 65536:
        raise click.BadParameter(f"{given!r} is not SERVICE=PORT", param_hint="--port")
    return service, int(number)
