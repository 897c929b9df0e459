"""For every test: no instance metadata and, except in live tests, loopback connections only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator

import pytest

os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

LIVE = "tests.support.live"
"""The plugin that prints what live tests cost and asks first. Without it no live test runs."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_running_items: list[pytest.Item] = []
_DAY_S, _MAX_MODULE_S = 86_400, 150


def _allow_only_loopback(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect" and not any(map(_is_live, _running_items)):
        address = args[1]
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise RuntimeError(f"a test must not connect to {address[0]}")


sys.addaudithook(_allow_only_loopback)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: runs on the real services, only with `make live`")
    config.addinivalue_line("markers", "slow: takes long, so it runs only with `make test-all`")
    config.addinivalue_line("markers", "paid(calls): the number of detections that are billed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only the live tests with the plugin, and only the others without it."""
    live = config.pluginmanager.has_plugin(LIVE)
    deselected = [item for item in items if _is_live(item) != live]
    items[:] = [item for item in items if _is_live(item) == live]
    config.hook.pytest_deselected(items=deselected)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    _running_items.append(item)
    try:
        return (yield)
    finally:
        _running_items.remove(item)


def _is_live(item: pytest.Item) -> bool:
    return item.get_closest_marker("live") is not None


@pytest.fixture(scope="module")
def avoid_midnight() -> None:
    """Wait until after midnight UTC if it is near, for tests of what is counted by the day."""
    until_midnight_s = _DAY_S - time.time() % _DAY_S
    if until_midnight_s < _MAX_MODULE_S:
        time.sleep(until_midnight_s + 1)
