"""What a deployment on AWS stands on: S3, one bus, and a way to Alibaba Cloud's credentials.

Region, endpoints and the function's own credentials are boto3's matter: it reads them from what
Lambda sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.environment import EnvironmentReader

_ARN = r"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:.{{1,600}}"
# Plain http on loopback alone.
QUEUE_URL = r"(?:https://|http://127\.0\.0\.1:\d{1,5}/)[A-Za-z0-9._/-]{1,600}"
_OUTPUTS = "the stack's outputs"


@dataclass(frozen=True)
class AwsSettings:
    """Exactly one bus, and one of a secret and a federation, are set."""

    topic_arn: str
    queue_url: str
    event_bus: str
    """A name or an ARN."""
    secret_arn: str
    """Of an AccessKey in Secrets Manager."""
    role_arn: str
    """The RAM role that a web identity token of AWS is exchanged for."""
    oidc_provider_arn: str
    oidc_audience: str
    sts_endpoint: str
    """Alibaba Cloud's."""
    most_receives: int
    """The queue's maxReceiveCount: what is received so often is a dead letter then. 0: nobody
    counts."""
    dead_letters_url: str
    """The dead-letter queue; empty where what is deferred is left to the queue, without why."""

    @classmethod
    def read(cls, read: EnvironmentReader) -> AwsSettings:
        """What is wrong is left with the reader."""
        settings = cls(
            topic_arn=_arn(read, "SNS_TOPIC_ARN", "sns"),
            queue_url=read.text("SQS_QUEUE_URL", QUEUE_URL, "a queue's https URL", _OUTPUTS, ""),
            event_bus=read.text(
                "EVENT_BUS", r"[A-Za-z0-9._:/-]{1,1600}", "a bus's name or ARN", _OUTPUTS, ""
            ),
            secret_arn=_arn(read, "ALIBABA_SECRET_ARN", "secretsmanager"),
            role_arn=read.text(
                "ALIBABA_ROLE_ARN",
                r"acs:ram::\d{10,20}:role/[A-Za-z0-9._-]{1,64}",
                "acs:ram::ACCOUNT:role/NAME",
                "RAM console, Roles",
                "",
            ),
            oidc_provider_arn=read.text(
                "ALIBABA_OIDC_PROVIDER_ARN",
                r"acs:ram::\d{10,20}:oidc-provider/[A-Za-z0-9._-]{1,128}",
                "acs:ram::ACCOUNT:oidc-provider/NAME",
                "RAM console, SSO",
                "",
            ),
            oidc_audience=read.text(
                "ALIBABA_OIDC_AUDIENCE",
                r"[\x21-\x7e]{1,255}",
                "what the OIDC provider takes as a client id",
                "RAM console, SSO",
                "sts.aliyuncs.com",
            ),
            sts_endpoint=read.endpoint("ALIBABA_STS_ENDPOINT", "sts.ap-southeast-1.aliyuncs.com"),
            most_receives=int(read.number("MOST_RECEIVES", 0, 1000, 0)),
            dead_letters_url=read.text(
                "DEAD_LETTERS_QUEUE_URL", QUEUE_URL, "a queue's https URL", _OUTPUTS, ""
            ),
        )
        settings._check(read)
        return settings

    def _check(self, read: EnvironmentReader) -> None:
        if [bool(self.topic_arn), bool(self.queue_url), bool(self.event_bus)].count(True) != 1:
            read.wrong.append(
                f"set exactly one of SNS_TOPIC_ARN, SQS_QUEUE_URL and EVENT_BUS ({_OUTPUTS})"
            )
        federated = bool(self.role_arn), bool(self.oidc_provider_arn)
        if federated[0] != federated[1] or bool(self.secret_arn) == federated[0]:
            read.wrong.append(
                "set either ALIBABA_SECRET_ARN, or ALIBABA_ROLE_ARN and ALIBABA_OIDC_PROVIDER_ARN"
            )


def _arn(read: EnvironmentReader, name: str, service: str) -> str:
    says = f"an ARN of {service}"
    return read.text(name, _ARN.format(service=service), says, _OUTPUTS, "")
