"""Where the real adapters are tested: on the local services, on the real ones, or on moto."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.endpoints import PUBLIC_ENDPOINT, REGION
from facescreen.errors import InvalidSettingsError
from facescreen.platforms.alibaba import AlibabaSettings
from facescreen.settings.loader import Reader
from facescreen.settings.table import Settings
from facescreen.storage.oss import OssQuarantineStore, OssStateStore
from tests.contract.objects import OssObjects

ALIBABA = ["local", pytest.param("live", marks=pytest.mark.live)]
"""Names of the fixtures that give a Place."""
REAL = [*ALIBABA, "aws"]
"""The same, and the one that gives an AwsPlace."""

NEEDED = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "an AccessKey that may use all that follows",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "its secret",
    "STATE_BUCKET": "an unversioned bucket that no function watches",
    "MNS_ENDPOINT": "https://ACCOUNT_ID.mns.REGION.aliyuncs.com",
    "MNS_TOPIC": "a topic whose subscribers may be sent test messages",
    "MNS_QUEUE": "a queue that is subscribed to it, and that nothing else receives from",
    "SCENE_CODE": "a scene of ID Verification: 10 letters, digits or underscores",
}
_OPTIONAL = (
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "VERSIONED_BUCKET",
    "OSS_REGION",
    "OSS_ENDPOINT",
    "CLOUDAUTH_ENDPOINT",
    "FACESCREEN_LOCAL",
)


@dataclass(frozen=True)
class Place:
    """One account's services, by their public endpoints unless told otherwise."""

    settings: Settings
    alibaba: AlibabaSettings
    credentials: Credentials
    queue: str
    versioned_bucket: str
    """Empty where there is none."""

    @property
    def bucket(self) -> str:
        """Of all objects but the versioned. What lands in a watched bucket would be screened,
        and paid for."""
        return self.settings.state_bucket

    def store(self, credentials: Credentials | None = None) -> OssQuarantineStore:
        """The real adapter; `credentials` instead of the account's."""
        return OssQuarantineStore(
            credentials or self.credentials,
            endpoint=self.alibaba.oss_endpoint,
            public_endpoint=self.alibaba.oss_public_endpoint,
            region=self.alibaba.oss_region,
        )

    def state(self, bucket: str) -> OssStateStore:
        """The real adapter, on a bucket."""
        return OssStateStore(
            self.credentials,
            endpoint=self.alibaba.oss_endpoint,
            region=self.alibaba.oss_region,
            bucket=bucket,
        )

    def objects(self, bucket: str) -> OssObjects:
        """Objects in a bucket, by the vendor's SDK."""
        return OssObjects(
            self.credentials,
            endpoint=self.alibaba.oss_endpoint,
            region=self.alibaba.oss_region,
            bucket=bucket,
        )

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Place:
        """Reads and checks it. Raises InvalidSettingsError, which names all that is missing or
        wrong."""
        values = {name: environment.get(name, "").strip() for name in (*NEEDED, *_OPTIONAL)}
        missing = [f"  {name}  {what}" for name, what in NEEDED.items() if not values[name]]
        if missing:
            raise InvalidSettingsError("\n".join(["not set:", *missing]))
        endpoint = values["OSS_ENDPOINT"] or f"oss-{values['OSS_REGION'] or REGION}.aliyuncs.com"
        endpoints = {
            "OSS_ENDPOINT": endpoint,
            "OSS_PUBLIC_ENDPOINT": endpoint,
            "CLOUDAUTH_ENDPOINT": values["CLOUDAUTH_ENDPOINT"] or PUBLIC_ENDPOINT,
        }
        reader = Reader({**values, **endpoints, "MNS_QUEUE": ""})
        settings, alibaba = reader.read(Settings), reader.read(AlibabaSettings)
        reader.check()
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
