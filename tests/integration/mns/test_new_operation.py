"""An operation that does not exist yet is added by one function."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aiohttp import web as aiohttp_web

from facescreen_local.mns.context import MnsRequestContext, xml_response
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.protocol.xml_body import element_with_fields
from tests.integration.mns.conftest import Cloud
from tests.integration.mns.test_authentication import outcome, signed

ASKED = "/?imaginary=true"


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OPERATIONS, "_operations", dict(OPERATIONS._operations))

    @OPERATIONS.register("GET", "/", "imaginary", name="GetImaginary")
    async def get_imaginary(context: MnsRequestContext) -> aiohttp_web.Response:
        return xml_response(element_with_fields("Imaginary", {"Id": context.bus.account_id}))


def test_nobody_answers_it_yet(account: Any, web: httpx.Client) -> None:
    answer = web.get(ASKED, headers=signed(account, path=ASKED))
    assert outcome(answer) == (400, "InvalidRequestURL")


@pytest.mark.usefixtures("added")
def test_it_is_answered(cloud: Cloud, account: Any, web: httpx.Client) -> None:
    answer = web.get(ASKED, headers=signed(account, path=ASKED))
    assert answer.status_code == 200
    assert f"<Id>{cloud.identity.account_id}</Id>" in answer.text


@pytest.mark.usefixtures("added")
def test_faults_know_it_by_its_name(cloud: Cloud, account: Any, web: httpx.Client) -> None:
    fault = {"operation": "GetImaginary", "code": "Busy", "status": 503}
    cloud.service.behaviour = Behaviour.parse({"faults": [fault]})
    answers = [web.get(ASKED, headers=signed(account, path=ASKED)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]
