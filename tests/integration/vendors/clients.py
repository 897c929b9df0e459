"""Clients of the unmodified vendor SDKs, made only from the env file's values."""

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

Env = dict[str, str]
"""The env file's values by name."""

DETECTION = {
    "product_code": "FACE_DEEPFAKE",
    "scene_code": "local_0001",
    "merchant_biz_id": "e0c34a77f5ac40a5aa5e6ed20c000001",
}
"""Parameters of every detection besides its input."""

_OSS2_AUTH = {"v1": oss2.Auth, "v4": oss2.AuthV4}


def oss2_bucket(env: Env, signature: str) -> Any:
    """The watched bucket, as an oss2.Bucket."""
    return oss2.Bucket(
        _OSS2_AUTH[signature](*key(env)),
        env["OSS_ENDPOINT"],
        env["OSS_BUCKET"],
        region=env["OSS_REGION"],
    )


def oss_v2(env: Env, signature: str) -> alibabacloud_oss_v2.Client:
    return alibabacloud_oss_v2.Client(
        alibabacloud_oss_v2.Config(
            region=env["OSS_REGION"],
            endpoint=env["OSS_ENDPOINT"],
            signature_version=signature,
            credentials_provider=StaticCredentialsProvider(*key(env)),
        )
    )


def cloudauth(env: Env) -> Any:
    client = CloudauthClient(_config(env, "CLOUDAUTH_ENDPOINT", ca=env["CLOUDAUTH_CA_FILE"]))
    # The SDK ignores open_platform_endpoint in its Config.
    client._open_platform_endpoint = urlsplit(env["CLOUDAUTH_ENDPOINT"]).netloc
    return client


@contextmanager
def mns(env: Env) -> Iterator[Any]:
    """Yield an mns.account.Account and close its connection."""
    account = Account(env["MNS_ENDPOINT"], *key(env))
    try:
        yield account
    finally:
        account.mns_client.close_connection()


def fc_2(env: Env) -> Any:
    key_id, secret = key(env)
    return fc2.Client(endpoint=env["FC_ENDPOINT"], accessKeyID=key_id, accessKeySecret=secret)


def fc_3(env: Env) -> Any:
    return Fc3Client(_config(env, "FC_ENDPOINT"))


def key(env: Env) -> tuple[str, str]:
    """AccessKey ID and secret."""
    return env["ALIBABA_CLOUD_ACCESS_KEY_ID"], env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]


def _config(env: Env, endpoint: str, **more: str) -> Config:
    key_id, secret = key(env)
    return Config(
        access_key_id=key_id,
        access_key_secret=secret,
        endpoint=urlsplit(env[endpoint]).netloc,
        protocol="http",
        region_id=env["OSS_REGION"],
        **more,
    )
