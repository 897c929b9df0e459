"""Chooses the cloud. No other module refers to a cloud's module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.settings.table import COMMON_SETTINGS_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facescreen.platforms.ports import Platform
    from facescreen.settings.loader import SettingsGroup


def _load_aws() -> type[Platform]:
    from facescreen.platforms.aws import AwsPlatform

    return AwsPlatform


def _load_alibaba() -> type[Platform]:
    from facescreen.platforms.alibaba import AlibabaPlatform

    return AlibabaPlatform


@dataclass(frozen=True)
class PlatformEntry:
    """A cloud, whose module is loaded when needed."""

    name: str
    store: str
    load_platform: Callable[[], type[Platform]]
    runtime_variable: str = ""
    """The environment variable that only its runtime sets; empty for the default cloud."""


PLATFORMS = [
    PlatformEntry("alibaba", "oss", _load_alibaba),
    PlatformEntry("aws", "s3", _load_aws, runtime_variable="AWS_LAMBDA_FUNCTION_NAME"),
]


def detect_platform(environment: Mapping[str, str]) -> type[Platform]:
    """Return the cloud that this process runs on."""
    detected = [
        entry
        for entry in PLATFORMS
        if entry.runtime_variable and environment.get(entry.runtime_variable)
    ]
    return (detected or PLATFORMS)[0].load_platform()


def get_platform(name: str) -> type[Platform]:
    """Return a cloud by its name. Raises KeyError."""
    return {entry.name: entry for entry in PLATFORMS}[name].load_platform()


def get_platform_of_store(store: str) -> type[Platform]:
    """Return the cloud whose objects have URIs ``store://…``. Raises KeyError."""
    return {entry.store: entry for entry in PLATFORMS}[store].load_platform()


def list_settings_groups() -> list[type[SettingsGroup]]:
    """Return the groups of settings of all clouds."""
    return [
        *COMMON_SETTINGS_GROUPS,
        *(group for entry in PLATFORMS for group in entry.load_platform().groups),
    ]
