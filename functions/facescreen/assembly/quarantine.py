"""The quarantine of a deployment that has one, on its cloud's store. Import it late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.screening.quarantine import Quarantine, Records
from facescreen.settings import AwsSettings

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource
    from facescreen.records.ledger import Ledger
    from facescreen.settings import Settings
    from facescreen.storage.ports import QuarantineStore


def quarantine(settings: Settings, credentials: CredentialSource, ledger: Ledger) -> Quarantine:
    """Of `credentials` a deployment on AWS has its own."""
    return Quarantine(_store(settings, credentials), Records(ledger), settings.quarantine)


def _store(settings: Settings, credentials: CredentialSource) -> QuarantineStore:
    if isinstance(settings.platform, AwsSettings):
        import boto3

        from facescreen.storage.s3 import S3QuarantineStore

        return S3QuarantineStore(boto3.Session())
    from facescreen.storage.oss import OssQuarantineStore

    return OssQuarantineStore(
        credentials,
        endpoint=settings.platform.oss_endpoint,
        public_endpoint=settings.platform.oss_public_endpoint,
        region=settings.platform.oss_region,
    )
