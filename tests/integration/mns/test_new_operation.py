"""A new operation is added by one function."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aiohttp import web as aiohttp_web

from facescreen_local.mns.context import MnsRequestContext, xml_response
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.protocol.xml_body import element_with_fields
from tests.integration.mns.conftest import MnsCloud
from tests.integration.mns.test_authentication import sign_headers, status_and_code

PATH = "/?imaginary=true"


@pytest.fixture
def imaginary_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OPERATIONS, "_operations", dict(OPERATIONS._operations))

    @OPERATIONS.register("GET", "/", "imaginary", name="GetImaginary")
    async def get_imaginary(context: MnsRequestContext) -> aiohttp_web.Response:
        return xml_response(element_with_fields("Imaginary", {"Id": context.broker.account_id}))


def test_an_unknown_operation_is_refused(account: Any, web: httpx.Client) -> None:
    response = web.get(PATH, headers=sign_headers(account, path=PATH))
    assert status_and_code(response) == (400, "InvalidRequestURL")


@pytest.mark.usefixtures("imaginary_operation")
def test_an_added_operation_is_served(cloud: MnsCloud, account: Any, web: httpx.Client) -> None:
    response = web.get(PATH, headers=sign_headers(account, path=PATH))
    assert response.status_code == 200
    assert f"<Id>{cloud.local_account.account_id}</Id>" in response.text


@pytest.mark.usefixtures("imaginary_operation")
def test_faults_can_name_an_added_operation(
    cloud: MnsCloud, account: Any, web: httpx.Client
) -> None:
    fault = {"operation": "GetImaginary", "code": "Busy", "status": 503}
    cloud.service.behaviour = Behaviour.parse({"faults": [fault]})
    answers = [web.get(PATH, headers=sign_headers(account, path=PATH)) for _ in range(2)]
    assert [response.status_code for response in answers] == [503, 200]
