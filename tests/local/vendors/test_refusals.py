"""Calls that must be turned down, each by the real service's error code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import alibabacloud_oss_v2
import fc2
import oss2
import pytest
from alibabacloud_fc20230330.models import InvokeFunctionRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from mns.mns_exception import MNSServerException

from . import clients, clocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clients import Told

NOTHING = b'{"events": []}'
"""An event with nothing to screen in it."""


@dataclass(frozen=True)
class Sdk:
    """A call that is right until it is spoilt, and how the SDK says what was wrong."""

    call: Callable[[Told], object]
    error: type[Exception]
    code: Callable[[Any], str]


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


def oss2_sdk(signature: str) -> Sdk:
    call = partial(call_oss2, signature)
    return Sdk(call, oss2.exceptions.ServerError, lambda error: error.code)


def oss_v2_sdk(signature: str) -> Sdk:
    call = partial(call_oss_v2, signature)
    wrapping = alibabacloud_oss_v2.exceptions.OperationError
    return Sdk(call, wrapping, lambda error: error.unwrap().code)


SDKS = {
    "oss2 V1": oss2_sdk("v1"),
    "oss2 V4": oss2_sdk("v4"),
    "oss-v2 V1": oss_v2_sdk("v1"),
    "oss-v2 V4": oss_v2_sdk("v4"),
    "cloudauth": Sdk(call_cloudauth, AlibabaCloudException, lambda error: error.code),
    "mns": Sdk(call_mns, MNSServerException, lambda error: error.type),
    "fc2": Sdk(call_fc2, fc2.FcError, lambda error: error.err_code),
    "fc3": Sdk(call_fc3, AlibabaCloudException, lambda error: error.code),
}
OSS = ("SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed")
FC = ("SignatureNotMatch", "InvalidAccessKeyID", "RequestExpired")
CODES = {
    "oss2 V1": OSS,
    "oss2 V4": OSS,
    "oss-v2 V1": OSS,
    "oss-v2 V4": OSS,
    "cloudauth": (
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId.NotFound",
        "InvalidTimeStamp.Expired",
    ),
    "mns": ("SignatureDoesNotMatch", "InvalidAccessKeyId", "TimeExpired"),
    "fc2": FC,
    "fc3": FC,
}
"""For a wrong secret, for an unknown key, for a stale date."""


@pytest.fixture(params=SDKS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refusal(name: str, told: Told) -> str:
    """The code of a call that must fail."""
    sdk = SDKS[name]
    with pytest.raises(sdk.error) as raised:
        sdk.call(told)
    return sdk.code(raised.value)


def test_the_call_that_the_others_spoil_is_right(name: str, told: Told) -> None:
    SDKS[name].call(told)


def test_a_wrong_secret(name: str, told: Told) -> None:
    wrong = {**told, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "guessed"}
    assert refusal(name, wrong) == CODES[name][0]


def test_a_key_that_nobody_has(name: str, told: Told) -> None:
    unknown = {**told, "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAInobody"}
    assert refusal(name, unknown) == CODES[name][1]


def test_a_stale_date(name: str, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks.set_back(monkeypatch)
    assert refusal(name, told) == CODES[name][2]


@pytest.mark.parametrize("name", ["cloudauth", "fc3"])
def test_a_nonce_that_was_used(name: str, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "alibabacloud_tea_openapi.utils.Utils.get_nonce", lambda: f"one nonce of {name}"
    )
    SDKS[name].call(told)
    assert refusal(name, told) == "SignatureNonceUsed"
