"""Alibaba Cloud: OSS, MNS, Function Compute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeVar

from facescreen.clients.endpoints import PUBLIC_ENDPOINT, VPC_ENDPOINT
from facescreen.settings.loader import (
    Setting,
    SettingsConflict,
    SettingsGroup,
    setting,
    shared_setting,
)
from facescreen.settings.setting_types import EndpointType, StringType
from facescreen.settings.table import (
    ALL_HANDLERS,
    PLATFORM_SECTION,
    SCREENED_SECTION,
    VERDICTS_SECTION,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facescreen.bus.ports import Invoker, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings.loader import SettingsReader
    from facescreen.storage.oss.object_store import OssStore
    from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore

StoreT = TypeVar("StoreT", bound="OssStore")

DEFAULT_REGION = "ap-southeast-1"
FUNCTION_NAME_TYPE = StringType(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", "a function name")
_MNS_NAME_TYPE = StringType(
    r"[A-Za-z][A-Za-z0-9-]{0,254}",
    "a name of letters, digits and hyphens that starts with a letter",
)
# Function Compute sets the account id; elsewhere s.yaml's own variable has it.
_ACCOUNT_ID_REFERENCE = "${FC_ACCOUNT_ID|ALIBABA_CLOUD_ACCOUNT_ID}"

OSS_REGION_SETTING = Setting(
    "OSS_REGION",
    StringType(r"[a-z]{2}-[a-z0-9-]+", "a region id"),
    DEFAULT_REGION,
    doc="The region of all resources. ID Verification offers this service only in Singapore.",
    where="OSS console, the bucket's overview",
    section=SCREENED_SECTION,
)
MNS_ENDPOINT_SETTING = Setting(
    "MNS_ENDPOINT",
    EndpointType(),
    f"{_ACCOUNT_ID_REFERENCE}.mns.${{OSS_REGION}}.aliyuncs.com",
    doc="Endpoint of MNS, if it is not the account's default.",
    section=PLATFORM_SECTION,
)


@dataclass(frozen=True)
class AlibabaSettings(SettingsGroup):
    """OSS, MNS and ID Verification, as functions in a VPC reach them. Endpoints are base URLs."""

    read_by = ALL_HANDLERS

    oss_region: str = shared_setting(OSS_REGION_SETTING)
    oss_endpoint: str = setting(
        "OSS_ENDPOINT",
        EndpointType(),
        "oss-${OSS_REGION}-internal.aliyuncs.com",
        doc="Endpoint of OSS, if it is not the region's default.",
        section=PLATFORM_SECTION,
    )
    oss_public_endpoint: str = setting(
        "OSS_PUBLIC_ENDPOINT",
        EndpointType(),
        "oss-${OSS_REGION}.aliyuncs.com",
        doc="Endpoint in presigned URLs, if it is not the region's default.",
        section=PLATFORM_SECTION,
    )
    cloudauth_endpoint: str = setting(
        "CLOUDAUTH_ENDPOINT",
        EndpointType(),
        VPC_ENDPOINT,
        doc="Endpoint of ID Verification.",
        section=PLATFORM_SECTION,
    )
    mns_endpoint: str = shared_setting(MNS_ENDPOINT_SETTING)
    mns_topic: str = setting(
        "MNS_TOPIC",
        _MNS_NAME_TYPE,
        "",
        doc="The topic for verdicts; it is created.",
        where="MNS console",
        section=VERDICTS_SECTION,
    )
    mns_queue: str = setting(
        "MNS_QUEUE",
        _MNS_NAME_TYPE,
        "",
        doc="The queue of the topic's first subscriber; it is created.",
        where="MNS console",
        section=VERDICTS_SECTION,
    )

    def find_conflicts(self) -> Iterator[SettingsConflict]:
        """Check that verdicts go to exactly one destination."""
        if bool(self.mns_topic) == bool(self.mns_queue):
            yield SettingsConflict(
                ("MNS_TOPIC", "MNS_QUEUE"),
                "set exactly one of MNS_TOPIC and MNS_QUEUE (MNS console)",
            )


@dataclass(frozen=True)
class FcInvokerSettings(SettingsGroup):
    """The settings of the function that the sweep submits events to."""

    read_by = ("sweep",)

    function: str = setting(
        "SWEEP_FUNCTION",
        FUNCTION_NAME_TYPE,
        "facescreen-object-created",
        doc="The function that screens objects. Set by the template.",
        where="s.yaml",
    )
    region: str = shared_setting(OSS_REGION_SETTING)
    endpoint: str = setting(
        "SWEEP_ENDPOINT",
        EndpointType(),
        f"{_ACCOUNT_ID_REFERENCE}.${{OSS_REGION}}-internal.fc.aliyuncs.com",
        doc="Endpoint of Function Compute, if it is not the account's default.",
        section=PLATFORM_SECTION,
    )


@dataclass(frozen=True)
class AlibabaPlatform:
    """Alibaba Cloud. All adapters use the same credentials."""

    settings: AlibabaSettings
    credentials: CredentialSource
    invoker_settings: FcInvokerSettings | None = None

    name: ClassVar[str] = "alibaba"
    title: ClassVar[str] = "Alibaba Cloud"
    store: ClassVar[str] = "oss"
    groups: ClassVar[tuple[type[SettingsGroup], ...]] = (AlibabaSettings, FcInvokerSettings)

    @classmethod
    def from_settings(
        cls, reader: SettingsReader, credentials: CredentialSource, *, can_invoke: bool = False
    ) -> AlibabaPlatform:
        settings = reader.read_group(AlibabaSettings)
        return cls(
            settings, credentials, reader.read_group(FcInvokerSettings) if can_invoke else None
        )

    @classmethod
    def build_public_endpoint_settings(cls, environment: Mapping[str, str]) -> dict[str, str]:
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
        from facescreen.storage.oss.object_store import OssStore

        return self._create_store(OssStore)

    @cached_property
    def quarantine_store(self) -> QuarantineStore:
        from facescreen.storage.oss.quarantine_store import OssQuarantineStore

        return self._create_store(OssQuarantineStore)

    def create_state_store(self, bucket: str) -> StateStore:
        from facescreen.storage.oss.state_store import OssStateStore

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
    def dead_letter_sender(self) -> None:
        return None

    @cached_property
    def invoker(self) -> Invoker:
        from facescreen.bus.function_compute import FcInvoker

        if self.invoker_settings is None:
            raise ValueError("this platform was created without can_invoke")
        return FcInvoker(
            self.credentials,
            endpoint=self.invoker_settings.endpoint,
            function=self.invoker_settings.function,
        )

    def _create_store(self, store_class: type[StoreT]) -> StoreT:
        return store_class(
            self.credentials,
            endpoint=self.settings.oss_endpoint,
            public_endpoint=self.settings.oss_public_endpoint,
            region=self.settings.oss_region,
        )
