"""What a deployment on Alibaba Cloud stands on: OSS and MNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.environment import EnvironmentReader

_MNS_NAME = r"[A-Za-z][A-Za-z0-9-]{0,254}"
_MNS_SAYS = "a name of letters, digits and hyphens that starts with a letter"
_OSS = "OSS console, the bucket's overview"
_MNS = "MNS console"


@dataclass(frozen=True)
class AlibabaSettings:
    """Endpoints are base URLs."""

    oss_endpoint: str
    oss_public_endpoint: str
    oss_region: str
    mns_endpoint: str
    mns_topic: str
    mns_queue: str

    @classmethod
    def read(cls, read: EnvironmentReader) -> AlibabaSettings:
        """What is wrong is left with the reader."""
        region = read.text(
            "OSS_REGION", r"[a-z]{2}-[a-z0-9-]+", "a region id", _OSS, "ap-southeast-1"
        )
        settings = cls(
            oss_endpoint=read.endpoint("OSS_ENDPOINT", f"oss-{region}-internal.aliyuncs.com"),
            oss_public_endpoint=read.endpoint("OSS_PUBLIC_ENDPOINT", f"oss-{region}.aliyuncs.com"),
            oss_region=region,
            mns_endpoint=read.endpoint("MNS_ENDPOINT", _mns_endpoint(read, region)),
            mns_topic=read.text("MNS_TOPIC", _MNS_NAME, _MNS_SAYS, _MNS, ""),
            mns_queue=read.text("MNS_QUEUE", _MNS_NAME, _MNS_SAYS, _MNS, ""),
        )
        if bool(settings.mns_topic) == bool(settings.mns_queue):
            read.wrong.append(f"set exactly one of MNS_TOPIC and MNS_QUEUE ({_MNS})")
        return settings


def _mns_endpoint(read: EnvironmentReader, region: str) -> str | None:
    """The account's own; None where the account is not known."""
    # Function Compute says which account it is; elsewhere it stands where s.yaml has it from.
    account = read.first("FC_ACCOUNT_ID", "ALIBABA_CLOUD_ACCOUNT_ID")
    return f"{account}.mns.{region}.aliyuncs.com" if account else None
