"""The one place that chooses a cloud. No other module names one's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.settings.table import GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facescreen.platforms.ports import Platform
    from facescreen.settings.loader import Group


def _aws() -> type[Platform]:
    from facescreen.platforms.aws import AwsPlatform

    return AwsPlatform


def _alibaba() -> type[Platform]:
    from facescreen.platforms.alibaba import AlibabaPlatform

    return AlibabaPlatform


@dataclass(frozen=True)
class Known:
    """A cloud, before its file is loaded."""

    name: str
    store: str
    load: Callable[[], type[Platform]]
    runs_here_if: str = ""
    """The environment variable that only its runtime sets; empty for the one that is meant where
    no other's is."""


KNOWN = [
    Known("alibaba", "oss", _alibaba),
    Known("aws", "s3", _aws, runs_here_if="AWS_LAMBDA_FUNCTION_NAME"),
]


def running(environment: Mapping[str, str]) -> type[Platform]:
    """The cloud that runs this."""
    here = [each for each in KNOWN if each.runs_here_if and environment.get(each.runs_here_if)]
    return (here or KNOWN)[0].load()


def named(name: str) -> type[Platform]:
    """A cloud by its name. Raises KeyError."""
    return {each.name: each for each in KNOWN}[name].load()


def of_store(store: str) -> type[Platform]:
    """The cloud whose objects are called ``store://…``. Raises KeyError."""
    return {each.store: each for each in KNOWN}[store].load()


def groups() -> list[type[Group]]:
    """The whole table of settings, of every cloud."""
    return [*GROUPS, *(group for each in KNOWN for group in each.load().groups)]
