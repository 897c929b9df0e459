"""The FC 3.0 API's descriptions of functions, read with the vendor's SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException

from facescreen_local.fc.context import FcRequestContext
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.fc.operations.describe import select_page
from tests.integration.fc.client import make_client
from tests.integration.fc.running import DEAD_LETTER_ARN, RunningFc, run_fc_in_background

# The SDK calls datetime.utcnow, which Python deprecates since 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def fc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFc]:
    props = {"environmentVariables": {"SCENE_CODE": "local_0001"}, "role": "acs:ram::1:role/r"}
    with run_fc_in_background(tmp_path_factory.mktemp("fc"), "", **props) as (fc, _):
        yield fc


def test_functions_are_listed(fc: RunningFc) -> None:
    page = make_client(fc).list_functions(models.ListFunctionsRequest(limit=100)).body
    assert [function.function_name for function in page.functions] == ["screen"]
    assert page.next_token is None
    no_match = make_client(fc).list_functions(models.ListFunctionsRequest(prefix="other"))
    assert no_match.body.functions == []


def test_a_function_has_the_deployed_settings(fc: RunningFc) -> None:
    function = make_client(fc).get_function("screen", models.GetFunctionRequest()).body
    assert function.environment_variables == {"SCENE_CODE": "local_0001"}
    assert (function.timeout, function.runtime, function.role, function.state) == (
        5,
        "python3.10",
        "acs:ram::1:role/r",
        "Active",
    )


def test_a_functions_triggers_are_listed(fc: RunningFc) -> None:
    request = models.ListTriggersRequest()
    [trigger] = make_client(fc).list_triggers("screen", request).body.triggers
    assert (trigger.trigger_name, trigger.trigger_type) == ("created", "oss")
    assert trigger.source_arn.endswith(":selfies")
    assert json.loads(trigger.trigger_config) == {
        "events": ["oss:ObjectCreated:PutObject"],
        "filter": {"key": {"prefix": "", "suffix": ""}},
    }


def test_a_function_has_its_retries_and_destination(fc: RunningFc) -> None:
    request = models.GetAsyncInvokeConfigRequest()
    config = make_client(fc).get_async_invoke_config("screen", request).body
    assert config.max_async_retry_attempts == 1
    assert config.destination_config.on_failure.destination == DEAD_LETTER_ARN


def test_missing_reserved_concurrency_is_a_404(fc: RunningFc) -> None:
    with pytest.raises(ClientException) as caught:
        make_client(fc).get_concurrency_config("screen")
    assert caught.value.status_code == 404


def test_an_unknown_function_is_named(fc: RunningFc) -> None:
    with pytest.raises(ClientException) as caught:
        make_client(fc).get_function("absent", models.GetFunctionRequest())
    assert caught.value.code == "FunctionNotFound"


def test_an_unknown_key_is_refused(fc: RunningFc) -> None:
    stranger = type(fc.local_account).create().key
    with pytest.raises(ClientException) as caught:
        make_client(fc, stranger).list_functions(models.ListFunctionsRequest())
    assert caught.value.status_code == 403


def test_a_list_is_returned_in_pages() -> None:
    names, token = [], ""
    while True:
        page, token = select_page(
            [f"f{n}" for n in range(5)], parse_qs(f"limit=2&nextToken={token}")
        )
        names += page
        if not token:
            break
    assert names == ["f0", "f1", "f2", "f3", "f4"]


def test_an_operation_is_added_by_one_function(
    monkeypatch: pytest.MonkeyPatch, fc: RunningFc
) -> None:
    """Add an operation that FC 3.0 has and the local service lacks."""
    monkeypatch.setattr(OPERATIONS, "_operations", dict(OPERATIONS._operations))
    request = models.GetFunctionCodeRequest()
    with pytest.raises(ClientException, match="is not supported"):
        make_client(fc).get_function_code("screen", request)

    @OPERATIONS.register("GET", "/2023-03-30/functions/*/code", name="GetFunctionCode")
    async def get_function_code(context: FcRequestContext) -> web.Response:
        return web.json_response({"url": context.deployed_function.function.code.as_uri()})

    assert make_client(fc).get_function_code("screen", request).body.url.endswith("/code")
