"""Every test: no instance metadata, and no connection past loopback, but for live tests."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator

import pytest

os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

LIVE = "tests.support.live"
"""The plugin that says what live tests cost, and asks. Without it none of them is run."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_running: list[pytest.Item] = []
_DAY_S, _LONGEST_S = 86_400, 150


def _only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and not any(map(_live, _running)):
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise RuntimeError(f"a test must not connect to {address[0]}")


sys.addaudithook(_only_loopback)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: runs on the real services, by `make live` alone")
    config.addinivalue_line("markers", "slow: takes long, so only `make test-all` runs it")
    config.addinivalue_line("markers", "paid(calls): so many detections succeed, and are billed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With the plugin live tests alone, without it all others."""
    live = config.pluginmanager.has_plugin(LIVE)
    unwanted = [item for item in items if _live(item) != live]
    items[:] = [item for item in items if _live(item) == live]
    config.hook.pytest_deselected(items=unwanted)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.remove(item)


def _live(item: pytest.Item) -> bool:
    return item.get_closest_marker("live") is not None


@pytest.fixture(scope="module")
def within_a_day() -> None:
    """For what is counted by the day, in UTC: midnight is not about to come."""
    left = _DAY_S - time.time() % _DAY_S
    if left < _LONGEST_S:
        time.sleep(left + 1)
