"""What the environment makes of a place."""

from __future__ import annotations

import pytest

from facescreen.errors import InvalidSettingsError
from tests.contract.place import NEEDED, Place

SET = {
    **dict.fromkeys(NEEDED, "test"),
    "MNS_ENDPOINT": "https://1234567890123456.mns.ap-southeast-1.aliyuncs.com",
    "SCENE_CODE": "onboard_01",
}


def test_by_default_it_is_the_real_services_by_their_public_endpoints() -> None:
    place = Place.from_env(SET)
    settings = place.alibaba
    assert settings.oss_endpoint == "https://oss-ap-southeast-1.aliyuncs.com"
    assert settings.oss_public_endpoint == settings.oss_endpoint
    assert settings.cloudauth_endpoint == "https://cloudauth-intl.ap-southeast-1.aliyuncs.com"
    assert not place.settings.local


def test_what_is_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        Place.from_env({**SET, "SCENE_CODE": "short", "OSS_ENDPOINT": "http://oss.example"})
    assert "SCENE_CODE must be exactly 10" in str(raised.value)
    assert "OSS_ENDPOINT must be an https endpoint" in str(raised.value)
