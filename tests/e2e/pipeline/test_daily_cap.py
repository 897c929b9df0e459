"""The daily limit of paid calls, shared by the instances of both functions."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import httpx
import pytest
from alibabacloud_fc20230330 import models
from darabonba.runtime import RuntimeOptions

from facescreen.clients.credentials import Credentials
from facescreen.deepfake.budget import DailyBudget, count_reserved_calls_by_day
from facescreen.errors import DailyLimitReachedError
from facescreen.storage.oss.state_store import OssStateStore
from facescreen_local.cloud import LocalCloud
from tests.integration.vendors import clients
from tests.support import leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

pytestmark = pytest.mark.usefixtures("avoid_midnight")

CAP, UPLOADS, CLIENTS, INSTANCES = 100, 130, 4, 20
"""INSTANCES is the reserved concurrency of s.yaml."""
KEYS = [f"capped/{number}.jpg" for number in range(UPLOADS)]
DAY_S = 86_400


@pytest.mark.slow
def test_twenty_instances_stay_within_the_limit_and_the_rest_is_screened_once_it_is_raised(
    tmp_path: Path,
) -> None:
    with run_local_cloud(tmp_path, DAILY_CALLS=str(CAP)) as (cloud, cloud_client):
        dead_letters = _upload_until_deferred(cloud, cloud_client)
        paid = [call["object"].split("/", 3)[3] for call in cloud_client.billed_calls()]
        assert 0.99 * CAP <= len(paid) <= CAP
        deferred = {key for key in KEYS if any(f'"{key}"' in one for one in dead_letters)}
        assert deferred == set(KEYS) - set(paid)
        assert len(dead_letters) == len(deferred) == UPLOADS - len(paid)
        assert all(cloud_client.tags(key) == {} for key in deferred)
        _check_metrics(tmp_path, paid=len(paid), deferred=4 * len(deferred))
        _check_refused_over_http(cloud, cloud_client)
        assert len(cloud_client.billed_calls()) == len(paid)
        assert leaks.find_leaks(cloud, tmp_path, cloud_client) == []

    with run_local_cloud(tmp_path, DAILY_CALLS=str(2 * CAP)) as (cloud, cloud_client):
        for dead_letter in dead_letters:
            _resubmit(cloud_client, dead_letter)
        cloud_client.wait_until_idle()
        assert {call["object"].split("/", 3)[3] for call in cloud_client.billed_calls()} == deferred
        assert {cloud_client.tags(key)["deepfake-verdict"] for key in KEYS} == {"high_risk"}
        assert cloud_client.receive_dead_letters() == []
        assert sum(count_reserved_calls_by_day(_state(cloud_client), "").values()) == UPLOADS


def test_the_calls_of_yesterday_do_not_count(tmp_path: Path) -> None:
    with run_local_cloud(tmp_path, DAILY_CALLS="3") as (cloud, cloud_client):
        yesterday = DailyBudget(_state(cloud_client), 3, clock=lambda: time.time() - DAY_S)
        assert _use_up(yesterday) == 3
        photo = sample_files(cloud)["flagged.jpg"]
        for number in range(3):
            cloud_client.put(f"{number}.jpg", photo)
        for number in range(3):
            cloud_client.wait_for_message(f"{number}.jpg")
        assert _use_up(DailyBudget(_state(cloud_client), 3)) == 0
        assert _use_up(DailyBudget(_state(cloud_client), 3, clock=lambda: time.time() + DAY_S)) == 3


def _upload_until_deferred(cloud: LocalCloud, cloud_client: LocalCloudClient) -> list[str]:
    """Upload more objects than the limit allows. Returns the events in the dead-letter queue."""
    cloud_client.set_behaviour(cloudauth={"latency_ms": 200}, fc={"retry_delay_ms": 10})
    photo = sample_files(cloud)["flagged.jpg"]
    uploads = [
        threading.Thread(target=_upload, args=[cloud_client.env, KEYS[n::CLIENTS], photo])
        for n in range(CLIENTS)
    ]
    for upload in uploads:
        upload.start()
    for upload in uploads:
        upload.join()
    cloud_client.wait_until_idle()
    dead_letters = cloud_client.receive_dead_letters()
    for dead_letter in dead_letters:
        body = json.loads(dead_letter["responsePayload"])
        assert body["errorType"] == "Deferred"
        assert body["errorMessage"].startswith(f"daily limit reached: {CAP} paid calls")
        assert dead_letter["requestContext"]["approximateInvokeCount"] == 4
    return [dead_letter["requestPayload"] for dead_letter in dead_letters]


def _check_metrics(data: Path, *, paid: int, deferred: int) -> None:
    """Check the metrics, and that all instances ran."""
    log = (data / "fc" / "logs" / "facescreen-object-created.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    metrics = [line for line in lines if "_aws" in line]
    assert sum(sum(line.get("PaidCalls", [])) for line in metrics) == paid
    assert sum(sum(line.get("deferred", [])) for line in metrics) == deferred
    assert sum("ColdStart" in line for line in metrics) >= INSTANCES


def _check_refused_over_http(cloud: LocalCloud, cloud_client: LocalCloudClient) -> None:
    url = f"{cloud_client.env['HTTP_TRIGGER_URL']}/v1/screenings"
    headers = {"Content-Type": "image/jpeg"}
    response = httpx.post(
        url, content=sample_files(cloud)["flagged.jpg"], headers=headers, timeout=30
    )
    now = datetime.now(timezone.utc)
    left_s = DAY_S - (now.hour * 3600 + now.minute * 60 + now.second)
    assert response.status_code == 429
    assert response.headers["Content-Type"] == "application/problem+json"
    assert abs(int(response.headers["Retry-After"]) - left_s) <= 30
    assert response.json()["code"] == "DailyCallsSpent"


def _resubmit(cloud_client: LocalCloudClient, event: str) -> None:
    clients.fc_3(cloud_client.env).invoke_function_with_options(
        cloud_client.env["FC_FUNCTION"],
        models.InvokeFunctionRequest(body=event.encode()),
        models.InvokeFunctionHeaders(x_fc_invocation_type="Async"),
        RuntimeOptions(),
    )


def _upload(cloud_client: LocalCloudClient, keys: list[str], photo: bytes) -> None:
    """Upload with a client of its own."""
    client = LocalCloudClient(cloud_client.env, verdicts_file=cloud_client.verdicts_file)
    for key in keys:
        client.put(key, photo)
    client.close()


def _state(cloud_client: LocalCloudClient) -> OssStateStore:
    env = cloud_client.env
    return OssStateStore(
        Credentials(*clients.key(env)),
        endpoint=env["OSS_ENDPOINT"],
        region=env["OSS_REGION"],
        bucket=env["STATE_BUCKET"],
    )


def _use_up(cap: DailyBudget) -> int:
    count = 0
    while True:
        try:
            cap.reserve(0)
        except DailyLimitReachedError:
            return count
        count += 1
