"""alibabacloud-fc20230330: invoking the function screens an object that raised no trigger, with
blocking and asynchronous methods."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from darabonba.runtime import RuntimeOptions

from tests.integration.vendors import clients
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient

Invoke = Callable[[bytes, str], Any]


@pytest.fixture(params=["sync", "async"])
def invoke(request: pytest.FixtureRequest, env: Env) -> Invoke:
    """Invokes the function with an event and an invocation type. Returns the response."""
    client = clients.fc_3(env)

    def invoke(event: bytes, invocation_type: str) -> Any:
        arguments = (
            env["FC_FUNCTION"],
            # Not a stream, contrary to the SDK's types: its async method awaits the read.
            models.InvokeFunctionRequest(body=event),
            models.InvokeFunctionHeaders(x_fc_invocation_type=invocation_type),
            RuntimeOptions(),
        )
        if request.param == "sync":
            return client.invoke_function_with_options(*arguments)
        return asyncio.run(client.invoke_function_with_options_async(*arguments))

    return invoke


def test_a_synchronous_call_waits_for_the_result(
    invoke: Invoke, key: str, event: bytes, unwatched_client: LocalCloudClient
) -> None:
    response = invoke(event, "Sync")
    assert json.loads(response.body.read()) == {"objects": 1, "skipped": {}}
    assert unwatched_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_an_asynchronous_call_does_not_wait(
    invoke: Invoke, key: str, event: bytes, unwatched_client: LocalCloudClient
) -> None:
    assert invoke(event, "Async").status_code == 202
    assert unwatched_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
