"""The command: its options, and the order of things."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from facescreen_cli import interpreters
from facescreen_cli.commands.package import text
from facescreen_cli.commands.package.build import Builder
from facescreen_cli.commands.package.sbom import Package
from facescreen_cli.deploy_target import CLOUDS, FUNCTIONS, Target, target
from facescreen_cli.environment import Environment
from facescreen_cli.options import environment_option, json_option
from facescreen_cli.project import PACKAGES

_EXAMPLES = """
\b
Examples:
  facescreen package
  facescreen package --cloud alibaba --function object_created --json
  FC_RUNTIME=python3.12 facescreen package --cloud alibaba
  LAMBDA_PYTHON=3.12 LAMBDA_ARCHITECTURE=x86_64 facescreen package --cloud aws
"""


@click.command(epilog=_EXAMPLES)
@click.option("--cloud", "clouds", multiple=True, type=click.Choice(CLOUDS), help="Both if none.")
@click.option(
    "--function", "functions", multiple=True, type=click.Choice(FUNCTIONS), help="Both if none."
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    default=PACKAGES / "dist",
    help="The folder of the zips; dist by default.",
)
@click.option(
    "--unpack",
    type=click.Path(file_okay=False, path_type=Path),
    help="Unpack it into this folder too: for one cloud and function.",
)
@click.option("--without-byte-code", is_flag=True, help="Cold starts take several times as long.")
@click.option("--quiet", is_flag=True, help="No line on what is unchanged, no table of parts.")
@json_option(help="One JSON document.")
@environment_option
@click.pass_obj
def package(
    environment: Environment,
    *,
    clouds: tuple[str, ...],
    functions: tuple[str, ...],
    to: Path,
    unpack: Path | None,
    without_byte_code: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Build what is deployed: a zip for each function and cloud.

    The same sources make the same bytes. In it is what the function can come to import, for the
    Python, machine and glibc that run it, with byte code; beside it lies its bill of materials
    (CycloneDX). What is unchanged is not built again.

    FC_RUNTIME, LAMBDA_PYTHON and LAMBDA_ARCHITECTURE name another target than python3.10, 3.13
    and arm64.
    """
    clouds, functions = clouds or CLOUDS, functions or FUNCTIONS
    if unpack is not None and (len(clouds), len(functions)) != (1, 1):
        raise click.UsageError("--unpack needs one --cloud and one --function")
    targets = [target(cloud, environment.variables) for cloud in clouds]
    packages = []
    for made, unchanged in _packages(targets, functions, to, byte_code=not without_byte_code):
        packages.append(made)
        if not as_json and not (quiet and unchanged):
            click.echo(text.line(made, unchanged=unchanged))
        if not as_json and not quiet and not unchanged:
            click.echo(text.table(made))
    if as_json:
        click.echo(text.as_json(packages))
    if unpack is not None:
        with zipfile.ZipFile(packages[0].zip) as archive:
            archive.extractall(unpack)


def _packages(
    targets: Sequence[Target], functions: Sequence[str], to: Path, *, byte_code: bool
) -> Iterator[tuple[Package, bool]]:
    """Each, and whether it was there already. Raises PackagingError."""
    for aim in targets:
        builder = Builder(aim, to, interpreters.find_or_install(aim.python) if byte_code else None)
        there = {function: builder.there(function) for function in functions}
        for found in there.values():
            if found is not None:
                yield found, True
        changed = [function for function, found in there.items() if found is None]
        if changed:
            for built in builder.build(changed):
                yield built, False
