"""What the FC 3.0 API tells about functions, read by the vendor's SDK, unmodified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

from facescreen_local.auth.account import AccessKey
from facescreen_local.fc.context import FcRequestContext
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.fc.operations.describe import select_page
from tests.integration.fc.running import DEAD_LETTERS, Running, in_background

# The SDK's own, from Python 3.12 on.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    props = {"environmentVariables": {"SCENE_CODE": "local_0001"}, "role": "acs:ram::1:role/r"}
    with in_background(tmp_path_factory.mktemp("fc"), "", **props) as (started, _):
        yield started


def client(running: Running, key: AccessKey | None = None) -> Client:
    key = key or running.identity.key
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            endpoint=running.service.url.removeprefix("http://"),
            protocol="HTTP",
        )
    )


def test_functions_are_listed(started: Running) -> None:
    listed = client(started).list_functions(models.ListFunctionsRequest(limit=100)).body
    assert [function.function_name for function in listed.functions] == ["screen"]
    assert listed.next_token is None
    none = client(started).list_functions(models.ListFunctionsRequest(prefix="other"))
    assert none.body.functions == []


def test_a_function_tells_what_it_was_deployed_with(started: Running) -> None:
    told = client(started).get_function("screen", models.GetFunctionRequest()).body
    assert told.environment_variables == {"SCENE_CODE": "local_0001"}
    assert (told.timeout, told.runtime, told.role, told.state) == (
        5,
        "python3.10",
        "acs:ram::1:role/r",
        "Active",
    )


def test_its_triggers(started: Running) -> None:
    asked = models.ListTriggersRequest()
    [trigger] = client(started).list_triggers("screen", asked).body.triggers
    assert (trigger.trigger_name, trigger.trigger_type) == ("created", "oss")
    assert trigger.source_arn.endswith(":selfies")
    assert json.loads(trigger.trigger_config) == {
        "events": ["oss:ObjectCreated:PutObject"],
        "filter": {"key": {"prefix": "", "suffix": ""}},
    }


def test_what_becomes_of_failed_events(started: Running) -> None:
    asked = models.GetAsyncInvokeConfigRequest()
    kept = client(started).get_async_invoke_config("screen", asked).body
    assert kept.max_async_retry_attempts == 1
    assert kept.destination_config.on_failure.destination == DEAD_LETTERS


def test_reserved_concurrency(started: Running) -> None:
    with pytest.raises(ClientException) as refused:
        client(started).get_concurrency_config("screen")
    assert refused.value.status_code == 404


def test_an_unknown_function_is_named(started: Running) -> None:
    with pytest.raises(ClientException) as refused:
        client(started).get_function("absent", models.GetFunctionRequest())
    assert refused.value.code == "FunctionNotFound"


def test_nothing_is_told_to_a_stranger(started: Running) -> None:
    stranger = type(started.identity).create().key
    with pytest.raises(ClientException) as refused:
        client(started, stranger).list_functions(models.ListFunctionsRequest())
    assert refused.value.status_code == 403


def test_pages() -> None:
    names, token = [], ""
    while True:
        page, token = select_page(
            [f"f{n}" for n in range(5)], parse_qs(f"limit=2&nextToken={token}")
        )
        names += page
        if not token:
            break
    assert names == ["f0", "f1", "f2", "f3", "f4"]


def test_an_operation_is_one_function(monkeypatch: pytest.MonkeyPatch, started: Running) -> None:
    """One that FC 3.0 has and this one lacks, added as anybody would."""
    monkeypatch.setattr(OPERATIONS, "_operations", dict(OPERATIONS._operations))
    asked = models.GetFunctionCodeRequest()
    with pytest.raises(ClientException, match="is not supported"):
        client(started).get_function_code("screen", asked)

    @OPERATIONS.register("GET", "/2023-03-30/functions/*/code", name="GetFunctionCode")
    async def get_function_code(context: FcRequestContext) -> web.Response:
        return web.json_response({"url": context.deployed_function.function.code.as_uri()})

    assert client(started).get_function_code("screen", asked).body.url.endswith("/code")
