"""Bucket events through real processes: retries, dead letters, limits."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.integration.fc.running import DEAD_LETTERS, record, running

NO_RETRIES = {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0}}


async def test_a_matching_event_is_delivered_as_bytes(tmp_path: Path) -> None:
    handlers = """
        import json

        def handler(event, context):
            print("got", json.loads(event)["events"][0]["oss"]["object"]["key"])
            print(context.request_id)
    """
    async with running(tmp_path, handlers) as cloud:
        cloud.functions.deliver_bucket_event(record("g\u00e9 %2B.jpg"))
        cloud.functions.deliver_bucket_event({**record(), "eventName": "ObjectCreated:UploadPart"})
        await cloud.functions.wait_until_idle()
        [invocation] = cloud.functions.invocations
        assert cloud.log == ["got g\u00e9 %2B.jpg", invocation.request_id]
    assert (invocation.function, invocation.attempt) == ("screen", 1)
    assert (invocation.trigger, invocation.status) == ("oss", "ok")
    assert invocation.started <= invocation.ended
    assert invocation.ended.endswith("Z")


async def test_an_error_is_retried_and_then_dead_lettered(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise ValueError('no luck')"
    async with running(tmp_path, handlers) as cloud:
        cloud.functions.deliver_bucket_event(record("x.jpg"))
        await cloud.functions.wait_until_idle()
        assert [i.attempt for i in cloud.functions.invocations] == [1, 2]
        assert {i.error_type for i in cloud.functions.invocations} == {"ValueError"}
        request_id = cloud.functions.invocations[0].request_id
    [dead] = cloud.dead.records
    assert set(dead) == {
        "timestamp",
        "requestContext",
        "requestPayload",
        "responseContext",
        "responsePayload",
    }
    assert dead["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"acs:fc:ap-southeast-1:{cloud.identity.account_id}:functions/screen",
        "condition": "UnhandledInvocationError",
        "approximateInvokeCount": 2,
    }
    assert json.loads(dead["requestPayload"]) == {"events": [record("x.jpg")]}
    assert dead["responseContext"] == {
        "statusCode": 200,
        "functionError": "UnhandledInvocationError",
    }
    assert json.loads(dead["responsePayload"])["errorMessage"] == "no luck"


async def test_retries_come_later_each_time(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise ValueError"
    config = {"maxAsyncRetryAttempts": 2}
    async with running(tmp_path, handlers, asyncInvokeConfig=config) as cloud:
        cloud.service.behaviour.retry_delay_ms = 100
        begun = time.monotonic()
        cloud.functions.deliver_bucket_event(record())
        await cloud.functions.wait_until_idle()
        assert 0.3 <= time.monotonic() - begun < 30
        assert cloud.statuses == ["error"] * 3


async def test_without_a_destination_the_loss_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = "def handler(event, context): raise ValueError"
    async with running(tmp_path, handlers, **NO_RETRIES) as cloud:
        cloud.functions.deliver_bucket_event(record())
        await cloud.functions.wait_until_idle()
    assert "is lost: there is no onFailure destination" in caplog.text
    assert cloud.dead.records == []


OVERLAP = """
    import os, time
    from pathlib import Path

    def handler(event, context):
        os.mkdir("running")
        time.sleep(0.2)
        os.rmdir("running")
"""


async def test_concurrency_is_never_passed_and_nothing_fails_for_it(tmp_path: Path) -> None:
    limit = {"reservedConcurrency": 1}
    async with running(tmp_path, OVERLAP, concurrencyConfig=limit) as cloud:
        cloud.functions.deliver_bucket_event(record("a"))
        cloud.functions.deliver_bucket_event(record("b"))
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == ["ok", "ok"]


async def test_below_the_limit_events_run_side_by_side(tmp_path: Path) -> None:
    limit = {"reservedConcurrency": 2}
    async with running(tmp_path, OVERLAP, concurrencyConfig=limit, **NO_RETRIES) as cloud:
        cloud.functions.deliver_bucket_event(record("a"))
        cloud.functions.deliver_bucket_event(record("b"))
        await cloud.functions.wait_until_idle()
        assert sorted(cloud.statuses) == ["error", "ok"]
        assert {i.error_type for i in cloud.functions.invocations} == {"", "FileExistsError"}


async def test_an_event_that_waits_too_long_is_dead_lettered_untried(tmp_path: Path) -> None:
    config = {
        "maxAsyncRetryAttempts": 0,
        "maxAsyncEventAgeInSeconds": 1,
        "destinationConfig": {"onFailure": {"destination": DEAD_LETTERS}},
    }
    handlers = "import time\ndef handler(event, context): time.sleep(1.5)"
    limit = {"reservedConcurrency": 1}
    async with running(
        tmp_path, handlers, asyncInvokeConfig=config, concurrencyConfig=limit
    ) as cloud:
        cloud.functions.deliver_bucket_event(record("a"))
        cloud.functions.deliver_bucket_event(record("b"))
        await cloud.functions.wait_until_idle()
        assert cloud.statuses == ["ok"]
    [dead] = cloud.dead.records
    assert json.loads(dead["requestPayload"]) == {"events": [record("b")]}
    assert dead["requestContext"]["condition"] == "EventAgeExceeded"
    assert dead["requestContext"]["approximateInvokeCount"] == 0


async def test_duplicates_come_at_the_same_instant_and_late(tmp_path: Path) -> None:
    handlers = "def handler(event, context): print(context.request_id)"
    async with running(tmp_path, handlers) as cloud:
        cloud.service.behaviour.duplicates = 2
        cloud.service.behaviour.delay_ms = 200
        begun = time.monotonic()
        cloud.functions.deliver_bucket_event(record())
        await cloud.functions.wait_until_idle()
        assert time.monotonic() - begun >= 0.2
        assert len(set(cloud.log)) == 3
        assert cloud.statuses == ["ok"] * 3
        cloud.functions.reset()
        assert cloud.functions.invocations == []


async def test_a_failing_destination_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = "def handler(event, context): raise ValueError"
    async with running(tmp_path, handlers) as cloud:
        cloud.dead.refuse = True
        cloud.functions.deliver_bucket_event(record())
        await cloud.functions.wait_until_idle()
    assert " lost\n" in caplog.text
    assert "no such queue" in caplog.text
