"""``make live``: the contract tests on the real services of the account in the environment.

With ``-p tests.support.live``, as in `make live`, pytest prints what the live tests cost and runs
only them, after ``yes`` on standard input or with YES=1. Without the plugin no live test runs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from facescreen.errors import InvalidSettingsError
from tests.contract.alibaba_services import AlibabaServices

EXIT_USAGE = 64
CALL_PRICE_CENTS = 40
"""USD 0.40 for a call that succeeds (ID Verification's price list); other calls are free."""


def paid_calls(item: pytest.Item) -> int:
    """The number of detections of a test that are billed."""
    return sum(mark.args[0] for mark in item.iter_markers("paid"))


def describe_run(services: AlibabaServices, items: Sequence[pytest.Item]) -> str:
    """What the tests cost, write and remove on the account."""
    settings, calls = services.settings, sum(map(paid_calls, items))
    platform = services.alibaba
    buckets = " and ".join(filter(None, (services.bucket, services.versioned_bucket)))
    return "\n".join(
        [
            f"{len(items)} live tests",
            f"  cost   {calls} paid calls, USD {calls * CALL_PRICE_CENTS / 100:.2f}, at "
            f"{platform.cloudauth_endpoint}, scene {settings.scene_code}",
            "         (a call whose response is lost is repeated once)",
            f"  write  objects under facescreen-live-*/ in {buckets}, at {platform.oss_endpoint}",
            f"         messages to topic {platform.mns_topic} and queue {services.queue}, "
            f"at {platform.mns_endpoint}",
            "  clean  each test removes its objects, and its messages from that queue",
        ]
    )


def pytest_configure() -> None:
    try:
        AlibabaServices.from_env(os.environ)
    except InvalidSettingsError as error:
        pytest.exit(f"nothing was run: {error}", returncode=EXIT_USAGE)


def pytest_collection_finish(session: pytest.Session) -> None:
    print(describe_run(AlibabaServices.from_env(os.environ), session.items), flush=True)  # noqa: T201
    if session.config.option.collectonly or os.environ.get("YES") == "1":
        return
    try:
        agreed = input("Type yes to go on: ") == "yes"
    except EOFError:
        agreed = False
    if not agreed:
        pytest.exit("nothing was run", returncode=1)
