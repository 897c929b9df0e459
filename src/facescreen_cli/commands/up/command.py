"""``facescreen up``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from facescreen_cli import interpreters
from facescreen_cli.deploy_target import read_deploy_target
from facescreen_cli.environment import Environment
from facescreen_cli.extras import require_local_cloud
from facescreen_cli.options import environment_option

SERVICE_NAMES = ("oss", "cloudauth", "mns", "fc", "http", "admin")


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    default=Path(".facescreen"),
    show_default=True,
    help="Folder for the local cloud's state.",
)
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write endpoints and keys to this file as KEY=value lines, once everything is ready.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="SERVICE=PORT",
    help=f"Use this port instead of a free one. SERVICE is one of: {', '.join(SERVICE_NAMES)}.",
)
@click.option("--samples", is_flag=True, help="Upload the samples to the bucket.")
@click.option(
    "--packaged",
    is_flag=True,
    help="Run the packages of `facescreen package`, on the Python they were built for.",
)
@environment_option
@click.pass_obj
def up(
    environment: Environment,
    *,
    data: Path,
    env_file: Path | None,
    ports: tuple[str, ...],
    samples: bool,
    packaged: bool,
) -> None:
    """Run the local cloud until it is stopped.

    Screens objects that are put into its bucket, as s.yaml configures it. verdicts.json in the data
    folder sets the emulator's verdicts by SHA-256; samples/ holds files to try.
    """
    require_local_cloud()
    # Imported late: --help must not wait for the local cloud.
    from facescreen_cli import local_cloud
    from facescreen_local.cloud import write_env_file

    port_by_service = dict(_parse_port(option_value) for option_value in ports)
    _create_data_folder(data)
    interpreter_paths = _find_package_interpreters(environment.variables) if packaged else None
    with local_cloud.run_local_cloud(data, port_by_service, interpreter_paths) as cloud:
        if samples:
            local_cloud.upload_samples(cloud)
        else:
            cloud.write_samples()
        # First, because a process that finds the env file may stop this one at once.
        stopped = local_cloud.record_signals()
        if env_file is not None:
            write_env_file(env_file, cloud.build_client_environment())
        local_cloud.print_addresses(cloud)
        local_cloud.wait_for_signal(stopped)


def _create_data_folder(folder: Path) -> None:
    """Raises click.BadParameter."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(
            f"{folder} can't be created: {error.strerror}", param_hint="--data"
        ) from None


def _find_package_interpreters(environment: Mapping[str, str]) -> dict[str, str]:
    """The interpreter of the runtime that the packages are built for. Raises PackagingError."""
    version = read_deploy_target("alibaba", environment).python
    return {f"python{version}": str(interpreters.find_or_install_python(version).path)}


def _parse_port(option_value: str) -> tuple[str, int]:
    service, _, port = option_value.partition("=")
    if service not in SERVICE_NAMES or not port.isdecimal() or not 0 < int(port) < 65536:
        raise click.BadParameter(f"{option_value!r} is not SERVICE=PORT", param_hint="--port")
    return service, int(port)
