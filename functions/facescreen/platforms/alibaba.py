"""Alibaba Cloud: OSS, MNS, Function Compute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeVar

from facescreen.clients.endpoints import PUBLIC_ENDPOINT, VPC_ENDPOINT
from facescreen.settings.forms import Endpoint, Text
from facescreen.settings.loader import Contradiction, Group, Setting, setting, shared_setting
from facescreen.settings.table import ALL, PLATFORM, SCREENED, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facescreen.bus.ports import Invoker, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings.loader import Reader
    from facescreen.storage.oss import OssStore
    from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore

S = TypeVar("S", bound="OssStore")

DEFAULT_REGION = "ap-southeast-1"
FUNCTION_NAME = Text(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", "a function's name")
_MNS_NAME = Text(
    r"[A-Za-z][A-Za-z0-9-]{0,254}",
    "a name of letters, digits and hyphens that starts with a letter",
)
# Function Compute says which account it is; elsewhere s.yaml's own variable does.
_ACCOUNT = "${FC_ACCOUNT_ID|ALIBABA_CLOUD_ACCOUNT_ID}"

OSS_REGION = Setting(
    "OSS_REGION",
    Text(r"[a-z]{2}-[a-z0-9-]+", "a region id"),
    DEFAULT_REGION,
    doc="Where all of it is. ID Verification has this service in Singapore only.",
    where="OSS console, the bucket's overview",
    section=SCREENED,
)
MNS_ENDPOINT = Setting(
    "MNS_ENDPOINT",
    Endpoint(),
    f"{_ACCOUNT}.mns.${{OSS_REGION}}.aliyuncs.com",
    doc="Of MNS, where it is not the account's own.",
    section=PLATFORM,
)


@dataclass(frozen=True)
class AlibabaSettings(Group):
    """OSS, MNS and ID Verification, as functions in a VPC reach them. Endpoints are base URLs."""

    read_by = ALL

    oss_region: str = shared_setting(OSS_REGION)
    oss_endpoint: str = setting(
        "OSS_ENDPOINT",
        Endpoint(),
        "oss-${OSS_REGION}-internal.aliyuncs.com",
        doc="Of OSS, where it is not the region's own.",
        section=PLATFORM,
    )
    oss_public_endpoint: str = setting(
        "OSS_PUBLIC_ENDPOINT",
        Endpoint(),
        "oss-${OSS_REGION}.aliyuncs.com",
        doc="What presigned URLs name, where it is not the region's own.",
        section=PLATFORM,
    )
    cloudauth_endpoint: str = setting(
        "CLOUDAUTH_ENDPOINT",
        Endpoint(),
        VPC_ENDPOINT,
        doc="Of ID Verification.",
        section=PLATFORM,
    )
    mns_endpoint: str = shared_setting(MNS_ENDPOINT)
    mns_topic: str = setting(
        "MNS_TOPIC",
        _MNS_NAME,
        "",
        doc="The topic that verdicts go to; it is made.",
        where="MNS console",
        section=VERDICTS,
    )
    mns_queue: str = setting(
        "MNS_QUEUE",
        _MNS_NAME,
        "",
        doc="The queue of the topic's first subscriber; it is made.",
        where="MNS console",
        section=VERDICTS,
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """Verdicts go to one place."""
        if bool(self.mns_topic) == bool(self.mns_queue):
            yield Contradiction(
                ("MNS_TOPIC", "MNS_QUEUE"),
                "set exactly one of MNS_TOPIC and MNS_QUEUE (MNS console)",
            )


@dataclass(frozen=True)
class InvokerSettings(Group):
    """The function that the sweep submits to."""

    read_by = ("sweep",)

    function: str = setting(
        "SWEEP_FUNCTION",
        FUNCTION_NAME,
        "facescreen-object-created",
        doc="The function that screens; the template's.",
        where="s.yaml",
    )
    region: str = shared_setting(OSS_REGION)
    endpoint: str = setting(
        "SWEEP_ENDPOINT",
        Endpoint(),
        f"{_ACCOUNT}.${{OSS_REGION}}-internal.fc.aliyuncs.com",
        doc="Of Function Compute, where it is not the account's own.",
        section=PLATFORM,
    )


@dataclass(frozen=True)
class AlibabaPlatform:
    """The port Platform. All adapters have the same credentials."""

    settings: AlibabaSettings
    credentials: CredentialSource
    invoker_settings: InvokerSettings | None = None

    name: ClassVar[str] = "alibaba"
    title: ClassVar[str] = "Alibaba Cloud"
    store: ClassVar[str] = "oss"
    groups: ClassVar[tuple[type[Group], ...]] = (AlibabaSettings, InvokerSettings)

    @classmethod
    def read(
        cls, reader: Reader, credentials: CredentialSource, *, invokes: bool = False
    ) -> AlibabaPlatform:
        settings = reader.read(AlibabaSettings)
        return cls(settings, credentials, reader.read(InvokerSettings) if invokes else None)

    @classmethod
    def public_endpoints(cls, environment: Mapping[str, str]) -> dict[str, str]:
        region = environment.get("OSS_REGION") or DEFAULT_REGION
        return {
            "OSS_ENDPOINT": f"https://oss-{region}.aliyuncs.com",
            "CLOUDAUTH_ENDPOINT": PUBLIC_ENDPOINT,
        }

    @property
    def cloudauth_endpoint(self) -> str:
        return self.settings.cloudauth_endpoint

    @property
    def max_receive_count(self) -> int:
        return 0

    @cached_property
    def object_store(self) -> ObjectStore:
        from facescreen.storage.oss import OssStore

        return self._store(OssStore)

    @cached_property
    def quarantine_store(self) -> QuarantineStore:
        from facescreen.storage.oss import OssQuarantineStore

        return self._store(OssQuarantineStore)

    def state_store(self, bucket: str) -> StateStore:
        from facescreen.storage.oss import OssStateStore

        return OssStateStore(
            self.credentials,
            endpoint=self.settings.oss_endpoint,
            region=self.settings.oss_region,
            bucket=bucket,
        )

    @cached_property
    def publisher(self) -> Publisher:
        from facescreen.bus.mns import MnsPublisher

        return MnsPublisher(
            self.credentials,
            endpoint=self.settings.mns_endpoint,
            topic=self.settings.mns_topic,
            queue=self.settings.mns_queue,
        )

    @property
    def dead_letters(self) -> None:
        return None

    @cached_property
    def invoker(self) -> Invoker:
        from facescreen.bus.function_compute import FcInvoker

        if self.invoker_settings is None:
            raise ValueError("this platform was not read to invoke functions")
        return FcInvoker(
            self.credentials,
            endpoint=self.invoker_settings.endpoint,
            function=self.invoker_settings.function,
        )

    def _store(self, kind: type[S]) -> S:
        return kind(
            self.credentials,
            endpoint=self.settings.oss_endpoint,
            public_endpoint=self.settings.oss_public_endpoint,
            region=self.settings.oss_region,
        )
