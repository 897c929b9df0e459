"""Calls that must be turned down, each by the real service's error code."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

import alibabacloud_oss_v2
import fc2
import oss2
import pytest
from alibabacloud_fc20230330.models import InvokeFunctionRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from mns.mns_exception import MNSServerException

from tests.integration.vendors import clients, clocks
from tests.integration.vendors.clients import Told

NOTHING = b'{"events": []}'
"""An event with nothing to screen in it."""


@dataclass(frozen=True)
class Codes:
    """What the service answers to each way of being wrong."""

    wrong_secret: str
    unknown_key: str
    stale_date: str


@dataclass(frozen=True)
class Sdk:
    """A call that is right until it is spoilt, and how the SDK tells a refusal's code."""

    call: Callable[[Told], object]
    error: type[Exception]
    code: Callable[[Any], str]
    codes: Codes

    def refusal(self, told: Told) -> str:
        """The code of a call that must fail."""
        with pytest.raises(self.error) as raised:
            self.call(told)
        return self.code(raised.value)


def call_oss2(signature: str, told: Told) -> None:
    clients.oss2_bucket(told, signature).list_objects(max_keys=1)


def call_oss_v2(signature: str, told: Told) -> None:
    request = alibabacloud_oss_v2.ListObjectsV2Request(bucket=told["OSS_BUCKET"], max_keys=1)
    clients.oss_v2(told, signature).list_objects_v2(request)


def call_cloudauth(told: Told) -> None:
    clients.cloudauth(told).keepalive_intl()


def call_mns(told: Told) -> None:
    with clients.mns(told) as account:
        account.list_queue()


def call_fc2(told: Told) -> None:
    clients.fc_2(told).invoke_function("any", told["FC_FUNCTION"], NOTHING)


def call_fc3(told: Told) -> None:
    clients.fc_3(told).invoke_function(told["FC_FUNCTION"], InvokeFunctionRequest(body=NOTHING))


OSS = Codes("SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed")
FC = Codes("SignatureNotMatch", "InvalidAccessKeyID", "RequestExpired")
SDKS = {
    **{
        f"oss2 {signature}": Sdk(
            partial(call_oss2, signature), oss2.exceptions.ServerError, attrgetter("code"), OSS
        )
        for signature in ("v1", "v4")
    },
    **{
        f"oss-v2 {signature}": Sdk(
            partial(call_oss_v2, signature),
            alibabacloud_oss_v2.exceptions.OperationError,
            lambda error: str(error.unwrap().code),
            OSS,
        )
        for signature in ("v1", "v4")
    },
    "cloudauth": Sdk(
        call_cloudauth,
        AlibabaCloudException,
        attrgetter("code"),
        Codes("SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound", "InvalidTimeStamp.Expired"),
    ),
    "mns": Sdk(
        call_mns,
        MNSServerException,
        attrgetter("type"),
        Codes("SignatureDoesNotMatch", "InvalidAccessKeyId", "TimeExpired"),
    ),
    "fc2": Sdk(call_fc2, fc2.FcError, attrgetter("err_code"), FC),
    "fc3": Sdk(call_fc3, AlibabaCloudException, attrgetter("code"), FC),
}


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return SDKS[request.param]


def test_the_call_that_the_others_spoil_is_right(sdk: Sdk, told: Told) -> None:
    sdk.call(told)


def test_a_wrong_secret(sdk: Sdk, told: Told) -> None:
    wrong = {**told, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "guessed"}
    assert sdk.refusal(wrong) == sdk.codes.wrong_secret


def test_a_key_that_nobody_has(sdk: Sdk, told: Told) -> None:
    unknown = {**told, "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAInobody"}
    assert sdk.refusal(unknown) == sdk.codes.unknown_key


def test_a_stale_date(sdk: Sdk, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks.set_back(monkeypatch)
    assert sdk.refusal(told) == sdk.codes.stale_date


@pytest.mark.parametrize("sdk", ["cloudauth", "fc3"], indirect=True)
def test_a_nonce_that_was_used(sdk: Sdk, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = uuid.uuid4().hex
    monkeypatch.setattr("alibabacloud_tea_openapi.utils.Utils.get_nonce", lambda: nonce)
    sdk.call(told)
    assert sdk.refusal(told) == "SignatureNonceUsed"
