"""The adapters on AWS: S3, one bus, and credentials of Alibaba Cloud.

boto3 is the Lambda runtime's own; region, endpoints and the role's credentials it finds itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from facescreen.assembly.ports import Ports
from facescreen.storage.s3 import S3State, S3Store

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource
    from facescreen.messages import DeadLetters, Publisher
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
        from facescreen.messages.sns import SnsPublisher  # noqa: PLC0415

        return SnsPublisher(session, topic_arn=settings.topic_arn)
    if settings.queue_url:
        from facescreen.messages.sqs import SqsPublisher  # noqa: PLC0415

        return SqsPublisher(session, queue_url=settings.queue_url)
    from facescreen.messages.eventbridge import EventBridgePublisher  # noqa: PLC0415

    return EventBridgePublisher(session, bus=settings.event_bus)


def _dead_letters(session: boto3.Session, settings: AwsSettings) -> DeadLetters | None:
    if not settings.dead_letters_url:
        return None
    from facescreen.messages.sqs_dead_letters import SqsDeadLetters  # noqa: PLC0415

    return SqsDeadLetters(session, queue_url=settings.dead_letters_url)


def _credentials(settings: AwsSettings) -> CredentialSource:
    if settings.secret_arn:
        from facescreen.clients.secrets_manager import SecretCredentials  # noqa: PLC0415

        return SecretCredentials(settings.secret_arn)
    from facescreen.clients.oidc_credentials import FederatedCredentials  # noqa: PLC0415

    return FederatedCredentials(
        role_arn=settings.role_arn,
        oidc_provider_arn=settings.oidc_provider_arn,
        audience=settings.oidc_audience,
        sts_endpoint=settings.sts_endpoint,
    )
