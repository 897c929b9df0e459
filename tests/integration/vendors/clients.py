"""Each vendor SDK, as it is, made from what the env file says and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import alibabacloud_oss_v2
import fc2
import oss2
from alibabacloud_cloudauth_intl20220809.client import Client as CloudauthClient
from alibabacloud_fc20230330.client import Client as Fc3Client
from alibabacloud_oss_v2.credentials import StaticCredentialsProvider
from alibabacloud_tea_openapi.models import Config
from mns.account import Account

Told = dict[str, str]
"""The env file's values by name."""

DETECTION = {
    "product_code": "FACE_DEEPFAKE",
    "scene_code": "local_0001",
    "merchant_biz_id": "e0c34a77f5ac40a5aa5e6ed20c000001",
}
"""What every detection says beside its material."""

_OSS2_AUTH = {"v1": oss2.Auth, "v4": oss2.AuthV4}


def oss2_bucket(told: Told, signature: str) -> Any:
    """The watched bucket, as an oss2.Bucket."""
    return oss2.Bucket(
        _OSS2_AUTH[signature](*key(told)),
        told["OSS_ENDPOINT"],
        told["OSS_BUCKET"],
        region=told["OSS_REGION"],
    )


def oss_v2(told: Told, signature: str) -> alibabacloud_oss_v2.Client:
    return alibabacloud_oss_v2.Client(
        alibabacloud_oss_v2.Config(
            region=told["OSS_REGION"],
            endpoint=told["OSS_ENDPOINT"],
            signature_version=signature,
            credentials_provider=StaticCredentialsProvider(*key(told)),
        )
    )


def cloudauth(told: Told) -> Any:
    client = CloudauthClient(_config(told, "CLOUDAUTH_ENDPOINT", ca=told["CLOUDAUTH_CA_FILE"]))
    # The SDK takes this nowhere else: it overlooks open_platform_endpoint in its Config.
    client._open_platform_endpoint = urlsplit(told["CLOUDAUTH_ENDPOINT"]).netloc
    return client


@contextmanager
def mns(told: Told) -> Iterator[Any]:
    """An mns.account.Account, with its connection closed in the end."""
    account = Account(told["MNS_ENDPOINT"], *key(told))
    try:
        yield account
    finally:
        account.mns_client.close_connection()


def fc_2(told: Told) -> Any:
    key_id, secret = key(told)
    return fc2.Client(endpoint=told["FC_ENDPOINT"], accessKeyID=key_id, accessKeySecret=secret)


def fc_3(told: Told) -> Any:
    return Fc3Client(_config(told, "FC_ENDPOINT"))


def key(told: Told) -> tuple[str, str]:
    """AccessKey ID and secret."""
    return told["ALIBABA_CLOUD_ACCESS_KEY_ID"], told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]


def _config(told: Told, endpoint: str, **more: str) -> Config:
    key_id, secret = key(told)
    return Config(
        access_key_id=key_id,
        access_key_secret=secret,
        endpoint=urlsplit(told[endpoint]).netloc,
        protocol="http",
        region_id=told["OSS_REGION"],
        **more,
    )
