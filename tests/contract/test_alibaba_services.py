"""How AlibabaServices are read from the environment."""

from __future__ import annotations

import pytest

from facescreen.errors import InvalidSettingsError
from tests.contract.alibaba_services import REQUIRED_VARIABLES, AlibabaServices

ENVIRONMENT = {
    **dict.fromkeys(REQUIRED_VARIABLES, "test"),
    "MNS_ENDPOINT": "https://1234567890123456.mns.ap-southeast-1.aliyuncs.com",
    "SCENE_CODE": "onboard_01",
}


def test_the_public_endpoints_of_the_real_services_are_the_default() -> None:
    services = AlibabaServices.from_env(ENVIRONMENT)
    settings = services.alibaba
    assert settings.oss_endpoint == "https://oss-ap-southeast-1.aliyuncs.com"
    assert settings.oss_public_endpoint == settings.oss_endpoint
    assert settings.cloudauth_endpoint == "https://cloudauth-intl.ap-southeast-1.aliyuncs.com"
    assert not services.settings.local


def test_all_invalid_variables_are_reported_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        AlibabaServices.from_env(
            {**ENVIRONMENT, "SCENE_CODE": "short", "OSS_ENDPOINT": "http://oss.example"}
        )
    assert "SCENE_CODE must be exactly 10" in str(raised.value)
    assert "OSS_ENDPOINT must be an https endpoint" in str(raised.value)
