"""The adapters on AWS: S3, one bus, and credentials of Alibaba Cloud.

boto3 is the Lambda runtime's own; region, endpoints and the role's credentials it finds itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from facescreen.assembly.ports import Ports
from facescreen.storage.s3 import S3State, S3Store

if TYPE_CHECKING:
    from facescreen.bus.ports import DeadLetters, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings import AwsSettings


def ports(state_bucket: str, settings: AwsSettings) -> Ports:
    """Only what the settings name is imported."""
    session = boto3.Session()
    return Ports(
        store=S3Store(session),
        state=S3State(session, bucket=state_bucket),
        publisher=_publisher(session, settings),
        credentials=_credentials(settings),
        dead_letters=_dead_letters(session, settings),
    )


def _publisher(session: boto3.Session, settings: AwsSettings) -> Publisher:
    if settings.topic_arn:
        from facescreen.bus.sns import SnsPublisher

        return SnsPublisher(session, topic_arn=settings.topic_arn)
    if settings.queue_url:
        from facescreen.bus.sqs import SqsPublisher

        return SqsPublisher(session, queue_url=settings.queue_url)
    from facescreen.bus.eventbridge import EventBridgePublisher

    return EventBridgePublisher(session, bus=settings.event_bus)


def _dead_letters(session: boto3.Session, settings: AwsSettings) -> DeadLetters | None:
    if not settings.dead_letters_url:
        return None
    from facescreen.bus.sqs import SqsDeadLetters

    return SqsDeadLetters(session, queue_url=settings.dead_letters_url)


def _credentials(settings: AwsSettings) -> CredentialSource:
    if settings.secret_arn:
        from facescreen.clients.secrets_manager import SecretCredentials

        return SecretCredentials(settings.secret_arn)
    from facescreen.clients.oidc_credentials import FederatedCredentials

    return FederatedCredentials(
        role_arn=settings.role_arn,
        oidc_provider_arn=settings.oidc_provider_arn,
        audience=settings.oidc_audience,
        sts_endpoint=settings.sts_endpoint,
    )
