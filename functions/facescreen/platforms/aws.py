"""AWS: S3, one bus, SQS, and credentials for Alibaba Cloud.

boto3 comes from the Lambda runtime; it finds the region, endpoints and the role's credentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from facescreen.clients.endpoints import PUBLIC_ENDPOINT
from facescreen.settings.loader import SettingsConflict, SettingsGroup, setting
from facescreen.settings.setting_types import EndpointType, IntegerType, StringType
from facescreen.settings.table import ALL_HANDLERS, PLATFORM_SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import boto3

    from facescreen.bus.ports import DeadLetterSender, Invoker, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings.loader import SettingsReader
    from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore

# http is only allowed on loopback.
QUEUE_URL_TYPE = StringType(
    r"(?:https://|http://127\.0\.0\.1:\d{1,5}/)[A-Za-z0-9._/-]{1,600}", "a queue's https URL"
)
_STACK_OUTPUTS_HINT = "the stack's outputs"


def _build_arn_type(service: str) -> StringType:
    pattern = rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:.{{1,600}}"
    return StringType(pattern, f"an ARN of {service}")


@dataclass(frozen=True)
class AwsSettings(SettingsGroup):
    """The settings of AWS. Exactly one bus, and either a secret or a RAM role, must be set."""

    read_by = ALL_HANDLERS

    topic_arn: str = setting(
        "SNS_TOPIC_ARN",
        _build_arn_type("sns"),
        "",
        doc="The topic for verdicts.",
        where=_STACK_OUTPUTS_HINT,
    )
    queue_url: str = setting(
        "SQS_QUEUE_URL",
        QUEUE_URL_TYPE,
        "",
        doc="The queue for verdicts.",
        where=_STACK_OUTPUTS_HINT,
    )
    event_bus: str = setting(
        "EVENT_BUS",
        StringType(r"[A-Za-z0-9._:/-]{1,1600}", "the name or ARN of a bus"),
        "",
        doc="The EventBridge bus for verdicts.",
        where=_STACK_OUTPUTS_HINT,
    )
    secret_arn: str = setting(
        "ALIBABA_SECRET_ARN",
        _build_arn_type("secretsmanager"),
        "",
        doc="The secret in Secrets Manager with an AccessKey of Alibaba Cloud.",
        where=_STACK_OUTPUTS_HINT,
    )
    role_arn: str = setting(
        "ALIBABA_ROLE_ARN",
        StringType(r"acs:ram::\d{10,20}:role/[A-Za-z0-9._-]{1,64}", "acs:ram::ACCOUNT:role/NAME"),
        "",
        doc="The RAM role for which an AWS web identity token is exchanged.",
        where="RAM console, Roles",
    )
    oidc_provider_arn: str = setting(
        "ALIBABA_OIDC_PROVIDER_ARN",
        StringType(
            r"acs:ram::\d{10,20}:oidc-provider/[A-Za-z0-9._-]{1,128}",
            "acs:ram::ACCOUNT:oidc-provider/NAME",
        ),
        "",
        doc="The OIDC provider in RAM for this AWS account.",
        where="RAM console, SSO",
    )
    oidc_audience: str = setting(
        "ALIBABA_OIDC_AUDIENCE",
        StringType(r"[\x21-\x7e]{1,255}", "a client ID of the OIDC provider"),
        "sts.aliyuncs.com",
        doc="One of the OIDC provider's client IDs.",
        where="RAM console, SSO",
    )
    sts_endpoint: str = setting(
        "ALIBABA_STS_ENDPOINT",
        EndpointType(),
        "sts.ap-southeast-1.aliyuncs.com",
        doc="Endpoint of Alibaba Cloud STS.",
    )
    max_receive_count: int = setting(
        "MOST_RECEIVES",
        IntegerType(0, 1000),
        "0",
        doc="The uploads queue's maxReceiveCount: after so many receives a message goes to the "
        "dead-letter queue. 0 if the queue has none.",
    )
    dead_letters_url: str = setting(
        "DEAD_LETTERS_QUEUE_URL",
        QUEUE_URL_TYPE,
        "",
        doc="The dead-letter queue. If it is empty, the uploads queue itself moves deferred events "
        "there, without their cause.",
        where=_STACK_OUTPUTS_HINT,
    )
    cloudauth_endpoint: str = setting(
        "CLOUDAUTH_ENDPOINT",
        EndpointType(),
        PUBLIC_ENDPOINT,
        doc="Endpoint of ID Verification.",
        section=PLATFORM_SECTION,
    )

    def find_conflicts(self) -> Iterator[SettingsConflict]:
        """Check that there is exactly one bus, and one source of credentials."""
        buses = {
            "SNS_TOPIC_ARN": self.topic_arn,
            "SQS_QUEUE_URL": self.queue_url,
            "EVENT_BUS": self.event_bus,
        }
        if len(list(filter(None, buses.values()))) != 1:
            yield SettingsConflict(
                tuple(buses),
                "set exactly one of SNS_TOPIC_ARN, SQS_QUEUE_URL and EVENT_BUS "
                f"({_STACK_OUTPUTS_HINT})",
            )
        has_role, has_provider = bool(self.role_arn), bool(self.oidc_provider_arn)
        if has_role != has_provider or bool(self.secret_arn) == has_role:
            yield SettingsConflict(
                ("ALIBABA_SECRET_ARN", "ALIBABA_ROLE_ARN", "ALIBABA_OIDC_PROVIDER_ARN"),
                "set either ALIBABA_SECRET_ARN, or ALIBABA_ROLE_ARN and ALIBABA_OIDC_PROVIDER_ARN",
            )


@dataclass(frozen=True)
class SqsInvokerSettings(SettingsGroup):
    """The settings of the queue that the sweep submits events to."""

    read_by = ("sweep",)

    queue_url: str = setting(
        "UPLOADS_QUEUE_URL",
        QUEUE_URL_TYPE,
        doc="The uploads queue, to which the sweep submits events.",
        where=_STACK_OUTPUTS_HINT,
    )


@dataclass(frozen=True)
class AwsPlatform:
    """AWS."""

    settings: AwsSettings
    default_credentials: CredentialSource
    """Used if the settings contain neither a secret nor a role: in the command line."""
    invoker_settings: SqsInvokerSettings | None = None

    name: ClassVar[str] = "aws"
    title: ClassVar[str] = "AWS"
    store: ClassVar[str] = "s3"
    groups: ClassVar[tuple[type[SettingsGroup], ...]] = (AwsSettings, SqsInvokerSettings)

    @classmethod
    def from_settings(
        cls, reader: SettingsReader, credentials: CredentialSource, *, can_invoke: bool = False
    ) -> AwsPlatform:
        settings = reader.read_group(AwsSettings)
        return cls(
            settings, credentials, reader.read_group(SqsInvokerSettings) if can_invoke else None
        )

    @classmethod
    def build_public_endpoint_settings(cls, environment: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG003
        """Return no settings: AWS's endpoints are public, and boto3 finds them."""
        return {}

    @property
    def cloudauth_endpoint(self) -> str:
        return self.settings.cloudauth_endpoint

    @property
    def max_receive_count(self) -> int:
        return self.settings.max_receive_count

    @cached_property
    def credentials(self) -> CredentialSource:
        if self.settings.secret_arn:
            from facescreen.clients.secrets_manager import SecretsManagerCredentials

            return SecretsManagerCredentials(self.settings.secret_arn)
        if not self.settings.role_arn:
            return self.default_credentials
        from facescreen.clients.oidc_credentials import OidcCredentials

        return OidcCredentials(
            role_arn=self.settings.role_arn,
            oidc_provider_arn=self.settings.oidc_provider_arn,
            audience=self.settings.oidc_audience,
            sts_endpoint=self.settings.sts_endpoint,
        )

    @cached_property
    def object_store(self) -> ObjectStore:
        from facescreen.storage.s3 import S3Store

        return S3Store(self._session)

    @cached_property
    def quarantine_store(self) -> QuarantineStore:
        from facescreen.storage.s3 import S3QuarantineStore

        return S3QuarantineStore(self._session)

    def create_state_store(self, bucket: str) -> StateStore:
        from facescreen.storage.s3 import S3StateStore

        return S3StateStore(self._session, bucket=bucket)

    @cached_property
    def publisher(self) -> Publisher:
        if self.settings.topic_arn:
            from facescreen.bus.sns import SnsPublisher

            return SnsPublisher(self._session, topic_arn=self.settings.topic_arn)
        if self.settings.queue_url:
            from facescreen.bus.sqs import SqsPublisher

            return SqsPublisher(self._session, queue_url=self.settings.queue_url)
        from facescreen.bus.eventbridge import EventBridgePublisher

        return EventBridgePublisher(self._session, bus=self.settings.event_bus)

    @cached_property
    def dead_letter_sender(self) -> DeadLetterSender | None:
        if not self.settings.dead_letters_url:
            return None
        from facescreen.bus.sqs import SqsDeadLetterSender

        return SqsDeadLetterSender(self._session, queue_url=self.settings.dead_letters_url)

    @cached_property
    def invoker(self) -> Invoker:
        from facescreen.bus.sqs import SqsInvoker

        if self.invoker_settings is None:
            raise ValueError("this platform was created without can_invoke")
        return SqsInvoker(self._session, queue_url=self.invoker_settings.queue_url)

    @cached_property
    def _session(self) -> boto3.Session:
        import boto3

        return boto3.Session()
