"""AWS: S3, one bus, SQS, and a way to Alibaba Cloud's credentials.

boto3 is the Lambda runtime's own; region, endpoints and the role's credentials it finds itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from facescreen.clients.endpoints import PUBLIC_ENDPOINT
from facescreen.settings.forms import Endpoint, Text, WholeNumber
from facescreen.settings.loader import Contradiction, Group, setting
from facescreen.settings.table import ALL, PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import boto3

    from facescreen.bus.ports import DeadLetterSender, Invoker, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings.loader import Reader
    from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore

# Plain http on loopback alone.
QUEUE_URL = Text(
    r"(?:https://|http://127\.0\.0\.1:\d{1,5}/)[A-Za-z0-9._/-]{1,600}", "a queue's https URL"
)
_OUTPUTS = "the stack's outputs"


def _arn(service: str) -> Text:
    pattern = rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:.{{1,600}}"
    return Text(pattern, f"an ARN of {service}")


@dataclass(frozen=True)
class AwsSettings(Group):
    """Exactly one bus, and one of a secret and a federation, are set."""

    read_by = ALL

    topic_arn: str = setting(
        "SNS_TOPIC_ARN",
        _arn("sns"),
        "",
        doc="The topic that verdicts go to.",
        where=_OUTPUTS,
    )
    queue_url: str = setting(
        "SQS_QUEUE_URL",
        QUEUE_URL,
        "",
        doc="The queue that verdicts go to.",
        where=_OUTPUTS,
    )
    event_bus: str = setting(
        "EVENT_BUS",
        Text(r"[A-Za-z0-9._:/-]{1,1600}", "a bus's name or ARN"),
        "",
        doc="The EventBridge bus that verdicts go to.",
        where=_OUTPUTS,
    )
    secret_arn: str = setting(
        "ALIBABA_SECRET_ARN",
        _arn("secretsmanager"),
        "",
        doc="Of an AccessKey of Alibaba Cloud in Secrets Manager.",
        where=_OUTPUTS,
    )
    role_arn: str = setting(
        "ALIBABA_ROLE_ARN",
        Text(r"acs:ram::\d{10,20}:role/[A-Za-z0-9._-]{1,64}", "acs:ram::ACCOUNT:role/NAME"),
        "",
        doc="The RAM role that a web identity token of AWS is exchanged for.",
        where="RAM console, Roles",
    )
    oidc_provider_arn: str = setting(
        "ALIBABA_OIDC_PROVIDER_ARN",
        Text(
            r"acs:ram::\d{10,20}:oidc-provider/[A-Za-z0-9._-]{1,128}",
            "acs:ram::ACCOUNT:oidc-provider/NAME",
        ),
        "",
        doc="RAM's OIDC provider of this AWS account.",
        where="RAM console, SSO",
    )
    oidc_audience: str = setting(
        "ALIBABA_OIDC_AUDIENCE",
        Text(r"[\x21-\x7e]{1,255}", "what the OIDC provider takes as a client id"),
        "sts.aliyuncs.com",
        doc="One of the provider's client IDs.",
        where="RAM console, SSO",
    )
    sts_endpoint: str = setting(
        "ALIBABA_STS_ENDPOINT",
        Endpoint(),
        "sts.ap-southeast-1.aliyuncs.com",
        doc="Of Alibaba Cloud's STS.",
    )
    max_receive_count: int = setting(
        "MOST_RECEIVES",
        WholeNumber(0, 1000),
        "0",
        doc="The uploads queue's maxReceiveCount: what is received so often is a dead letter "
        "then. 0: nobody counts.",
    )
    dead_letters_url: str = setting(
        "DEAD_LETTERS_QUEUE_URL",
        QUEUE_URL,
        "",
        doc="The dead-letter queue; empty where what is deferred is left to the uploads "
        "queue, without why.",
        where=_OUTPUTS,
    )
    cloudauth_endpoint: str = setting(
        "CLOUDAUTH_ENDPOINT",
        Endpoint(),
        PUBLIC_ENDPOINT,
        doc="Of ID Verification.",
        section=PLATFORM,
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """Verdicts go to one place, and credentials come from one."""
        buses = {
            "SNS_TOPIC_ARN": self.topic_arn,
            "SQS_QUEUE_URL": self.queue_url,
            "EVENT_BUS": self.event_bus,
        }
        if len(list(filter(None, buses.values()))) != 1:
            yield Contradiction(
                tuple(buses),
                f"set exactly one of SNS_TOPIC_ARN, SQS_QUEUE_URL and EVENT_BUS ({_OUTPUTS})",
            )
        has_role, has_provider = bool(self.role_arn), bool(self.oidc_provider_arn)
        if has_role != has_provider or bool(self.secret_arn) == has_role:
            yield Contradiction(
                ("ALIBABA_SECRET_ARN", "ALIBABA_ROLE_ARN", "ALIBABA_OIDC_PROVIDER_ARN"),
                "set either ALIBABA_SECRET_ARN, or ALIBABA_ROLE_ARN and ALIBABA_OIDC_PROVIDER_ARN",
            )


@dataclass(frozen=True)
class InvokerSettings(Group):
    """The queue that the function reads which screens."""

    read_by = ("sweep",)

    queue_url: str = setting(
        "UPLOADS_QUEUE_URL",
        QUEUE_URL,
        doc="The uploads queue, which the sweep submits to.",
        where=_OUTPUTS,
    )


@dataclass(frozen=True)
class AwsPlatform:
    """The port Platform."""

    settings: AwsSettings
    given_credentials: CredentialSource
    """Used where the settings name neither a secret nor a role: by commands."""
    invoker_settings: InvokerSettings | None = None

    name: ClassVar[str] = "aws"
    title: ClassVar[str] = "AWS"
    store: ClassVar[str] = "s3"
    groups: ClassVar[tuple[type[Group], ...]] = (AwsSettings, InvokerSettings)

    @classmethod
    def read(
        cls, reader: Reader, credentials: CredentialSource, *, invokes: bool = False
    ) -> AwsPlatform:
        settings = reader.read(AwsSettings)
        return cls(settings, credentials, reader.read(InvokerSettings) if invokes else None)

    @classmethod
    def public_endpoints(cls, environment: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG003
        """AWS's own are public, and boto3 finds them."""
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
            return self.given_credentials
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

    def state_store(self, bucket: str) -> StateStore:
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
    def dead_letters(self) -> DeadLetterSender | None:
        if not self.settings.dead_letters_url:
            return None
        from facescreen.bus.sqs import SqsDeadLetterSender

        return SqsDeadLetterSender(self._session, queue_url=self.settings.dead_letters_url)

    @cached_property
    def invoker(self) -> Invoker:
        from facescreen.bus.sqs import SqsInvoker

        if self.invoker_settings is None:
            raise ValueError("this platform was not read to invoke functions")
        return SqsInvoker(self._session, queue_url=self.invoker_settings.queue_url)

    @cached_property
    def _session(self) -> boto3.Session:
        import boto3

        return boto3.Session()
