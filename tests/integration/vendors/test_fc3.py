"""alibabacloud-fc20230330: an object that no trigger has seen is screened when the function is
invoked, by its methods that block and those that don't."""

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
    """Invokes the function with an event, as an invocation type: the answer."""
    client = clients.fc_3(env)

    def invoke(event: bytes, invocation_type: str) -> Any:
        arguments = (
            env["FC_FUNCTION"],
            # Not a stream, as the SDK says: its asynchronous method would await what that reads.
            models.InvokeFunctionRequest(body=event),
            models.InvokeFunctionHeaders(x_fc_invocation_type=invocation_type),
            RuntimeOptions(),
        )
        if request.param == "sync":
            return client.invoke_function_with_options(*arguments)
        return asyncio.run(client.invoke_function_with_options_async(*arguments))

    return invoke


def test_a_call_waits_for_the_answer(
    invoke: Invoke, key: str, event: bytes, cloud_client: LocalCloudClient
) -> None:
    response = invoke(event, "Sync")
    assert json.loads(response.body.read()) == {"objects": 1, "skipped": {}}
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_an_asynchronous_call_does_not(
    invoke: Invoke, key: str, event: bytes, cloud_client: LocalCloudClient
) -> None:
    assert invoke(event, "Async").status_code == 202
    assert cloud_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
