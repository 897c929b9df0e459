"""Bucket events through real processes: retries, dead letters, limits."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.integration.fc.running import DEAD_LETTER_ARN, oss_record, run_fc

NO_RETRIES = {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0}}


async def test_a_matching_event_is_delivered_as_bytes(tmp_path: Path) -> None:
    handlers = """
        import json

        def handler(event, context):
            print("got", json.loads(event)["events"][0]["oss"]["object"]["key"])
            print(context.request_id)
    """
    async with run_fc(tmp_path, handlers) as fc:
        fc.functions.deliver_bucket_event(oss_record("g\u00e9 %2B.jpg"))
        fc.functions.deliver_bucket_event({**oss_record(), "eventName": "ObjectCreated:UploadPart"})
        await fc.functions.wait_until_idle()
        [invocation] = fc.functions.invocations
        assert fc.log == ["got g\u00e9 %2B.jpg", invocation.request_id]
    assert (invocation.function, invocation.attempt) == ("screen", 1)
    assert (invocation.trigger, invocation.status) == ("oss", "ok")
    assert invocation.started <= invocation.ended
    assert invocation.ended.endswith("Z")


async def test_an_error_is_retried_and_then_dead_lettered(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise ValueError('no luck')"
    async with run_fc(tmp_path, handlers) as fc:
        fc.functions.deliver_bucket_event(oss_record("x.jpg"))
        await fc.functions.wait_until_idle()
        assert [i.attempt for i in fc.functions.invocations] == [1, 2]
        assert {i.error_type for i in fc.functions.invocations} == {"ValueError"}
        request_id = fc.functions.invocations[0].request_id
    [record] = fc.dead_letters.records
    assert set(record) == {
        "timestamp",
        "requestContext",
        "requestPayload",
        "responseContext",
        "responsePayload",
    }
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"acs:fc:ap-southeast-1:{fc.local_account.account_id}:functions/screen",
        "condition": "UnhandledInvocationError",
        "approximateInvokeCount": 2,
    }
    assert json.loads(record["requestPayload"]) == {"events": [oss_record("x.jpg")]}
    assert record["responseContext"] == {
        "statusCode": 200,
        "functionError": "UnhandledInvocationError",
    }
    assert json.loads(record["responsePayload"])["errorMessage"] == "no luck"


async def test_retries_come_later_each_time(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise ValueError"
    config = {"maxAsyncRetryAttempts": 2}
    async with run_fc(tmp_path, handlers, asyncInvokeConfig=config) as fc:
        fc.service.behaviour.retry_delay_ms = 100
        started_at = time.monotonic()
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
        assert 0.3 <= time.monotonic() - started_at < 30
        assert fc.statuses == ["error"] * 3


async def test_without_a_destination_the_loss_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = "def handler(event, context): raise ValueError"
    async with run_fc(tmp_path, handlers, **NO_RETRIES) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
    assert "is lost: there is no onFailure destination" in caplog.text
    assert fc.dead_letters.records == []


OVERLAP = """
    import os, time
    from pathlib import Path

    def handler(event, context):
        os.mkdir("running")
        time.sleep(0.2)
        os.rmdir("running")
"""


async def test_events_beyond_the_concurrency_wait_and_succeed(tmp_path: Path) -> None:
    limit = {"reservedConcurrency": 1}
    async with run_fc(tmp_path, OVERLAP, concurrencyConfig=limit) as fc:
        fc.functions.deliver_bucket_event(oss_record("a"))
        fc.functions.deliver_bucket_event(oss_record("b"))
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["ok", "ok"]


async def test_events_within_the_concurrency_run_in_parallel(tmp_path: Path) -> None:
    limit = {"reservedConcurrency": 2}
    async with run_fc(tmp_path, OVERLAP, concurrencyConfig=limit, **NO_RETRIES) as fc:
        fc.functions.deliver_bucket_event(oss_record("a"))
        fc.functions.deliver_bucket_event(oss_record("b"))
        await fc.functions.wait_until_idle()
        assert sorted(fc.statuses) == ["error", "ok"]
        assert {i.error_type for i in fc.functions.invocations} == {"", "FileExistsError"}


async def test_an_event_that_waits_too_long_is_dead_lettered_without_a_try(tmp_path: Path) -> None:
    config = {
        "maxAsyncRetryAttempts": 0,
        "maxAsyncEventAgeInSeconds": 1,
        "destinationConfig": {"onFailure": {"destination": DEAD_LETTER_ARN}},
    }
    handlers = "import time\ndef handler(event, context): time.sleep(1.5)"
    limit = {"reservedConcurrency": 1}
    async with run_fc(tmp_path, handlers, asyncInvokeConfig=config, concurrencyConfig=limit) as fc:
        fc.functions.deliver_bucket_event(oss_record("a"))
        fc.functions.deliver_bucket_event(oss_record("b"))
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["ok"]
    [record] = fc.dead_letters.records
    assert json.loads(record["requestPayload"]) == {"events": [oss_record("b")]}
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0


async def test_duplicates_are_delivered_at_the_same_time_and_delayed(tmp_path: Path) -> None:
    handlers = "def handler(event, context): print(context.request_id)"
    async with run_fc(tmp_path, handlers) as fc:
        fc.service.behaviour.duplicates = 2
        fc.service.behaviour.delay_ms = 200
        started_at = time.monotonic()
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
        assert time.monotonic() - started_at >= 0.2
        assert len(set(fc.log)) == 3
        assert fc.statuses == ["ok"] * 3
        fc.functions.reset()
        assert fc.functions.invocations == []


async def test_a_failing_destination_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = "def handler(event, context): raise ValueError"
    async with run_fc(tmp_path, handlers) as fc:
        fc.dead_letters.refuse = True
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
    assert " lost\n" in caplog.text
    assert "no such queue" in caplog.text
