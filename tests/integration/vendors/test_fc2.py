"""aliyun-fc2: invoking the function screens an object that raised no trigger."""

from __future__ import annotations

import json

from tests.integration.vendors import clients
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient


def test_a_synchronous_call_waits_for_the_result(
    env: Env, key: str, event: bytes, unwatched_client: LocalCloudClient
) -> None:
    response = clients.fc_2(env).invoke_function("any", env["FC_FUNCTION"], event)
    assert json.loads(response.data) == {"objects": 1, "skipped": {}}
    assert unwatched_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_an_asynchronous_call_does_not_wait(
    env: Env, key: str, event: bytes, unwatched_client: LocalCloudClient
) -> None:
    headers = {"x-fc-invocation-type": "Async"}
    client = clients.fc_2(env)
    assert client.invoke_function("any", env["FC_FUNCTION"], event, headers=headers).data == b""
    assert unwatched_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
