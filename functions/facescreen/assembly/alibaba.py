"""The adapters on Alibaba Cloud: OSS and MNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.assembly.ports import Ports
from facescreen.bus.mns import MnsPublisher
from facescreen.storage.oss import OssState, OssStore

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings import AlibabaSettings


def ports(state_bucket: str, settings: AlibabaSettings, credentials: CredentialSource) -> Ports:
    """All of them with the same credentials."""
    endpoint, region = settings.oss_endpoint, settings.oss_region
    return Ports(
        store=OssStore(
            credentials,
            endpoint=endpoint,
            public_endpoint=settings.oss_public_endpoint,
            region=region,
        ),
        state=OssState(credentials, endpoint=endpoint, region=region, bucket=state_bucket),
        publisher=MnsPublisher(
            credentials,
            endpoint=settings.mns_endpoint,
            topic=settings.mns_topic,
            queue=settings.mns_queue,
        ),
        credentials=credentials,
    )
