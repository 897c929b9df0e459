"""Calls that must be refused, with the real services' error codes."""

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
from tests.integration.vendors.clients import Env

NOTHING = b'{"events": []}'
"""An event without objects."""


@dataclass(frozen=True)
class ErrorCodes:
    """A service's error code for each kind of invalid request."""

    wrong_secret: str
    unknown_key: str
    stale_date: str


@dataclass(frozen=True)
class SdkCall:
    """A valid call, and how the SDK's error is read."""

    call: Callable[[Env], object]
    error: type[Exception]
    code: Callable[[Any], str]
    codes: ErrorCodes

    def error_code(self, env: Env) -> str:
        """Return the code of a call that must fail."""
        with pytest.raises(self.error) as raised:
            self.call(env)
        return self.code(raised.value)


def call_oss2(signature: str, env: Env) -> None:
    clients.oss2_bucket(env, signature).list_objects(max_keys=1)


def call_oss_v2(signature: str, env: Env) -> None:
    request = alibabacloud_oss_v2.ListObjectsV2Request(bucket=env["OSS_BUCKET"], max_keys=1)
    clients.oss_v2(env, signature).list_objects_v2(request)


def call_cloudauth(env: Env) -> None:
    clients.cloudauth(env).keepalive_intl()


def call_mns(env: Env) -> None:
    with clients.mns(env) as account:
        account.list_queue()


def call_fc2(env: Env) -> None:
    clients.fc_2(env).invoke_function("any", env["FC_FUNCTION"], NOTHING)


def call_fc3(env: Env) -> None:
    clients.fc_3(env).invoke_function(env["FC_FUNCTION"], InvokeFunctionRequest(body=NOTHING))


OSS = ErrorCodes("SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed")
FC = ErrorCodes("SignatureNotMatch", "InvalidAccessKeyID", "RequestExpired")
SDKS = {
    **{
        f"oss2 {signature}": SdkCall(
            partial(call_oss2, signature), oss2.exceptions.ServerError, attrgetter("code"), OSS
        )
        for signature in ("v1", "v4")
    },
    **{
        f"oss-v2 {signature}": SdkCall(
            partial(call_oss_v2, signature),
            alibabacloud_oss_v2.exceptions.OperationError,
            lambda error: str(error.unwrap().code),
            OSS,
        )
        for signature in ("v1", "v4")
    },
    "cloudauth": SdkCall(
        call_cloudauth,
        AlibabaCloudException,
        attrgetter("code"),
        ErrorCodes(
            "SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound", "InvalidTimeStamp.Expired"
        ),
    ),
    "mns": SdkCall(
        call_mns,
        MNSServerException,
        attrgetter("type"),
        ErrorCodes("SignatureDoesNotMatch", "InvalidAccessKeyId", "TimeExpired"),
    ),
    "fc2": SdkCall(call_fc2, fc2.FcError, attrgetter("err_code"), FC),
    "fc3": SdkCall(call_fc3, AlibabaCloudException, attrgetter("code"), FC),
}


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> SdkCall:
    return SDKS[request.param]


def test_the_unchanged_call_succeeds(sdk: SdkCall, env: Env) -> None:
    sdk.call(env)


def test_a_wrong_secret_is_refused(sdk: SdkCall, env: Env) -> None:
    wrong_env = {**env, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "guessed"}
    assert sdk.error_code(wrong_env) == sdk.codes.wrong_secret


def test_an_unknown_key_is_refused(sdk: SdkCall, env: Env) -> None:
    unknown_env = {**env, "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAInobody"}
    assert sdk.error_code(unknown_env) == sdk.codes.unknown_key


def test_an_old_date_is_refused(sdk: SdkCall, env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks.set_clock_back(monkeypatch)
    assert sdk.error_code(env) == sdk.codes.stale_date


@pytest.mark.parametrize("sdk", ["cloudauth", "fc3"], indirect=True)
def test_a_repeated_nonce_is_refused(
    sdk: SdkCall, env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = uuid.uuid4().hex
    monkeypatch.setattr("alibabacloud_tea_openapi.utils.Utils.get_nonce", lambda: nonce)
    sdk.call(env)
    assert sdk.error_code(env) == "SignatureNonceUsed"
