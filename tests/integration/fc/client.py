"""The vendor's SDK as a client of the local Function Compute."""

from __future__ import annotations

from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from facescreen_local.auth.account import AccessKey
from tests.integration.fc.running import RunningFc


def make_client(fc: RunningFc, key: AccessKey | None = None) -> Client:
    key = key or fc.local_account.key
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token or None,
            endpoint=fc.service.url.removeprefix("http://"),
            protocol="HTTP",
        )
    )
