"""``facescreen package``: its options."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from facescreen_cli import interpreters
from facescreen_cli.commands.package import text
from facescreen_cli.commands.package.build import PackageBuilder
from facescreen_cli.commands.package.sbom import BuiltPackage
from facescreen_cli.deploy_target import (
    CLOUD_NAMES,
    FUNCTION_MODULES,
    DeployTarget,
    read_deploy_target,
)
from facescreen_cli.environment import Environment
from facescreen_cli.options import environment_option, json_option
from facescreen_cli.project import CODE_ROOT

_EXAMPLES = """
\b
Examples:
  facescreen package
  facescreen package --cloud alibaba --function object_created --json
  FC_RUNTIME=python3.12 facescreen package --cloud alibaba
  LAMBDA_PYTHON=3.12 LAMBDA_ARCHITECTURE=x86_64 facescreen package --cloud aws
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--cloud",
    "clouds",
    multiple=True,
    type=click.Choice(CLOUD_NAMES),
    help="Build for this cloud. May be repeated.  [default: all clouds]",
)
@click.option(
    "--function",
    "functions",
    multiple=True,
    type=click.Choice(FUNCTION_MODULES),
    help="Build this function. May be repeated.  [default: all functions]",
)
@click.option(
    "--to",
    "output_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=CODE_ROOT / "dist",
    help="Folder for the zips.  [default: dist]",
)
@click.option(
    "--unpack",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also unpack the zip into this folder. Needs one cloud and one function.",
)
@click.option(
    "--without-byte-code",
    is_flag=True,
    help="Leave out bytecode: cold starts take several times as long.",
)
@click.option(
    "--quiet", is_flag=True, help="Don't print unchanged packages, nor the table of parts."
)
@json_option(help="Print one JSON document.")
@environment_option
@click.pass_obj
def package(
    environment: Environment,
    *,
    clouds: tuple[str, ...],
    functions: tuple[str, ...],
    output_folder: Path,
    unpack: Path | None,
    without_byte_code: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Build the packages to deploy: a zip for each function and cloud.

    The same sources build the same bytes. A zip holds only what the function can import, with
    bytecode, for the Python, machine and glibc that run it. An SBOM (CycloneDX) is written beside
    it. Unchanged packages are not built again.

    The default targets are python3.10 on Function Compute, and 3.13 on arm64 on Lambda. To change
    them, set FC_RUNTIME, LAMBDA_PYTHON and LAMBDA_ARCHITECTURE.
    """
    clouds, functions = clouds or CLOUD_NAMES, functions or FUNCTION_MODULES
    if unpack is not None and (len(clouds), len(functions)) != (1, 1):
        raise click.UsageError("--unpack needs one --cloud and one --function")
    targets = [read_deploy_target(cloud, environment.variables) for cloud in clouds]
    packages = []
    for built_package, unchanged in _build_packages(
        targets, functions, output_folder, with_bytecode=not without_byte_code
    ):
        packages.append(built_package)
        if not as_json and not (quiet and unchanged):
            click.echo(text.format_line(built_package, unchanged=unchanged))
        if not as_json and not quiet and not unchanged:
            click.echo(text.format_table(built_package))
    if as_json:
        click.echo(text.to_json_list(packages))
    if unpack is not None:
        with zipfile.ZipFile(packages[0].zip) as archive:
            archive.extractall(unpack)


def _build_packages(
    targets: Sequence[DeployTarget],
    functions: Sequence[str],
    output_folder: Path,
    *,
    with_bytecode: bool,
) -> Iterator[tuple[BuiltPackage, bool]]:
    """Yields each package, and whether it was unchanged. Raises PackagingError."""
    for deploy_target in targets:
        compiler = (
            interpreters.find_or_install_python(deploy_target.python) if with_bytecode else None
        )
        builder = PackageBuilder(deploy_target, output_folder, compiler)
        existing = {function: builder.find_unchanged(function) for function in functions}
        for unchanged in existing.values():
            if unchanged is not None:
                yield unchanged, True
        changed = [function for function, unchanged in existing.items() if unchanged is None]
        if changed:
            for built in builder.build(changed):
                yield built, False
