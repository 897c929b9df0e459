"""Which extras of the distribution facescreen are installed: ``[client]`` or ``[cli]``."""

from __future__ import annotations

import re
from importlib import metadata

import click

from facescreen import __version__

_REQUIREMENT_PATTERN = re.compile(r"(?P<name>[\w.-]+).*;.*\bextra == ['\"](?P<extra>\w+)['\"]")


def require_local_cloud() -> None:
    """Raise click.ClickException unless everything that the local cloud needs is installed."""
    missing = find_missing_requirements("cli")
    if missing:
        raise click.ClickException(
            f"the local cloud is not installed ({missing[0]} is missing): install "
            f'the wheel with [cli], `pip install "facescreen-{__version__}-py3-none-any.whl[cli]"`'
        )


def find_missing_requirements(extra: str) -> list[str]:
    """Return the names of the distributions that `extra` requires and that are not installed."""
    matches = map(_REQUIREMENT_PATTERN.match, _read_requirements())
    names = [match["name"] for match in matches if match and match["extra"] == extra]
    return [name for name in names if not _is_installed(name)]


def _read_requirements() -> list[str]:
    """The requirements in the metadata; empty if the sources run without being installed."""
    try:
        return metadata.requires("facescreen") or []
    except metadata.PackageNotFoundError:
        return []


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
