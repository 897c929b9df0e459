"""Alibaba Cloud's services for tests of real adapters: the local ones, or the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.endpoints import ID_VERIFICATION_REGION, PUBLIC_ENDPOINT
from facescreen.errors import InvalidSettingsError
from facescreen.platforms.alibaba import AlibabaSettings
from facescreen.settings.loader import SettingsReader
from facescreen.settings.table import Settings
from facescreen.storage.oss.quarantine_store import OssQuarantineStore
from facescreen.storage.oss.state_store import OssStateStore
from tests.contract.object_writers import OssObjectWriter

ALIBABA_FIXTURES = ["local", pytest.param("live", marks=pytest.mark.live)]
"""The fixtures that return AlibabaServices."""
SERVICE_FIXTURES = [*ALIBABA_FIXTURES, "aws"]
"""The same, and the fixture that returns AwsServices."""

REQUIRED_VARIABLES = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "an AccessKey with access to all of the following",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "its secret",
    "STATE_BUCKET": "an unversioned bucket that no function watches",
    "MNS_ENDPOINT": "https://ACCOUNT_ID.mns.REGION.aliyuncs.com",
    "MNS_TOPIC": "a topic whose subscribers may get test messages",
    "MNS_QUEUE": "a queue subscribed to it that nothing else receives from",
    "SCENE_CODE": "a scene of ID Verification: 10 letters, digits or underscores",
}
_OPTIONAL_VARIABLES = (
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "VERSIONED_BUCKET",
    "OSS_REGION",
    "OSS_ENDPOINT",
    "CLOUDAUTH_ENDPOINT",
    "FACESCREEN_LOCAL",
)


@dataclass(frozen=True)
class AlibabaServices:
    """The services of one account, by their public endpoints by default."""

    settings: Settings
    alibaba: AlibabaSettings
    credentials: Credentials
    queue: str
    versioned_bucket: str
    """Empty if there is none."""

    @property
    def bucket(self) -> str:
        """The bucket of all unversioned objects. It must not be watched: its objects would be
        screened and paid for."""
        return self.settings.state_bucket

    def store(self, credentials: Credentials | None = None) -> OssQuarantineStore:
        """The real adapter, with `credentials` or the account's."""
        return OssQuarantineStore(
            credentials or self.credentials,
            endpoint=self.alibaba.oss_endpoint,
            public_endpoint=self.alibaba.oss_public_endpoint,
            region=self.alibaba.oss_region,
        )

    def state(self, bucket: str) -> OssStateStore:
        """The real adapter on a bucket."""
        return OssStateStore(
            self.credentials,
            endpoint=self.alibaba.oss_endpoint,
            region=self.alibaba.oss_region,
            bucket=bucket,
        )

    def object_writer(self, bucket: str) -> OssObjectWriter:
        """A writer of objects in a bucket that uses the vendor's SDK."""
        return OssObjectWriter(
            self.credentials,
            endpoint=self.alibaba.oss_endpoint,
            region=self.alibaba.oss_region,
            bucket=bucket,
        )

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> AlibabaServices:
        """Read the services from environment variables.

        Raises InvalidSettingsError, which names everything missing or invalid.
        """
        values = {
            name: environment.get(name, "").strip()
            for name in (*REQUIRED_VARIABLES, *_OPTIONAL_VARIABLES)
        }
        missing = [
            f"  {name}  {description}"
            for name, description in REQUIRED_VARIABLES.items()
            if not values[name]
        ]
        if missing:
            raise InvalidSettingsError("\n".join(["not set:", *missing]))
        endpoint = (
            values["OSS_ENDPOINT"]
            or f"oss-{values['OSS_REGION'] or ID_VERIFICATION_REGION}.aliyuncs.com"
        )
        endpoints = {
            "OSS_ENDPOINT": endpoint,
            "OSS_PUBLIC_ENDPOINT": endpoint,
            "CLOUDAUTH_ENDPOINT": values["CLOUDAUTH_ENDPOINT"] or PUBLIC_ENDPOINT,
        }
        reader = SettingsReader({**values, **endpoints, "MNS_QUEUE": ""})
        settings, alibaba = reader.read_group(Settings), reader.read_group(AlibabaSettings)
        reader.raise_errors()
        return cls(
            settings=settings,
            alibaba=alibaba,
            credentials=Credentials(
                values["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                values["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                values["ALIBABA_CLOUD_SECURITY_TOKEN"],
            ),
            queue=values["MNS_QUEUE"],
            versioned_bucket=values["VERSIONED_BUCKET"],
        )
