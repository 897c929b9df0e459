"""Adding a cloud takes one platform class and one line: a third cloud, on the in-memory stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pytest

from facescreen.bus.ports import DeadLetterSender, Invoker, Publisher
from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.deployment import Deployment
from facescreen.errors import InvalidSettingsError
from facescreen.model import ObjectRef, Status
from facescreen.platforms import choose
from facescreen.platforms.ports import Platform
from facescreen.settings.loader import SettingsConflict, SettingsGroup, SettingsReader, setting
from facescreen.settings.setting_types import EndpointType, StringType
from facescreen.settings.table import ALL_HANDLERS
from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore
from facescreen.testing.bus import MemoryPublisher
from facescreen.testing.object_store import MemoryStore
from facescreen.testing.state_store import MemoryStateStore
from facescreen.timing import Deadline

TOY_ENVIRONMENT = {
    "TOY_RUNTIME": "1",
    "TOY_TOPIC": "verdicts",
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "state",
}


@dataclass(frozen=True)
class ToySettings(SettingsGroup):
    read_by = ALL_HANDLERS

    topic: str = setting(
        "TOY_TOPIC",
        StringType("[a-z]+", "a topic's name"),
        where="toys",
    )
    cloudauth_endpoint: str = setting(
        "CLOUDAUTH_ENDPOINT",
        EndpointType(),
        "https://cloudauth.example",
    )

    def find_conflicts(self) -> Iterator[SettingsConflict]:
        if self.topic == "none":
            yield SettingsConflict(("TOY_TOPIC",), "TOY_TOPIC is none")


@dataclass(frozen=True)
class ToyPlatform:
    settings: ToySettings
    credentials: CredentialSource

    name: ClassVar[str] = "toy"
    title: ClassVar[str] = "Toy Cloud"
    store: ClassVar[str] = "toy"
    groups: ClassVar[tuple[type[SettingsGroup], ...]] = (ToySettings,)

    @classmethod
    def from_settings(
        cls, reader: SettingsReader, credentials: CredentialSource, *, can_invoke: bool = False
    ) -> ToyPlatform:
        return cls(reader.read_group(ToySettings), credentials)

    @classmethod
    def build_public_endpoint_settings(cls, environment: Mapping[str, str]) -> dict[str, str]:
        return {}

    @property
    def cloudauth_endpoint(self) -> str:
        return self.settings.cloudauth_endpoint

    @property
    def max_receive_count(self) -> int:
        return 0

    @cached_property
    def object_store(self) -> ObjectStore:
        return self.quarantine_store

    @cached_property
    def quarantine_store(self) -> QuarantineStore:
        return MemoryStore()

    def create_state_store(self, bucket: str) -> StateStore:
        assert bucket == TOY_ENVIRONMENT["STATE_BUCKET"]
        return MemoryStateStore()

    @cached_property
    def publisher(self) -> Publisher:
        return MemoryPublisher()

    @property
    def dead_letter_sender(self) -> DeadLetterSender | None:
        return None

    @property
    def invoker(self) -> Invoker:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def register_toy_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_platform() -> type[Platform]:
        return ToyPlatform

    toy_platform = choose.PlatformEntry("toy", "toy", load_platform, runtime_variable="TOY_RUNTIME")
    monkeypatch.setattr(choose, "PLATFORMS", [*choose.PLATFORMS, toy_platform])


def create_deployment(**changes: str) -> Deployment:
    return Deployment.from_env({**TOY_ENVIRONMENT, **changes}, Credentials("LTAI", "secret"))


def test_a_platform_is_chosen_by_its_runtime_its_name_or_its_store() -> None:
    assert (
        choose.detect_platform(TOY_ENVIRONMENT)
        is choose.get_platform("toy")
        is choose.get_platform_of_store("toy")
        is ToyPlatform
    )
    assert choose.detect_platform({}).name == "alibaba"
    assert choose.detect_platform({"AWS_LAMBDA_FUNCTION_NAME": "screen"}).name == "aws"


def test_a_platforms_settings_are_validated_with_all_others() -> None:
    assert ToySettings in choose.list_settings_groups()
    with pytest.raises(InvalidSettingsError) as raised:
        create_deployment(TOY_TOPIC="", SCENE_CODE="short")
    assert [sentence.split()[0] for sentence in raised.value.problems] == [
        "SCENE_CODE",
        "TOY_TOPIC",
    ]
    with pytest.raises(InvalidSettingsError, match="TOY_TOPIC is none"):
        create_deployment(TOY_TOPIC="none")


def test_an_object_of_the_new_platform_is_screened() -> None:
    deployment = create_deployment()
    store, publisher = deployment.platform.object_store, deployment.platform.publisher
    assert isinstance(store, MemoryStore)
    assert isinstance(publisher, MemoryPublisher)
    etag = store.put("selfies", "note.txt", b"no picture")
    ref = ObjectRef("toy", "selfies", "note.txt", etag)
    outcome = deployment.screener.screen(ref, Deadline.after(10))
    assert outcome.status is Status.SCREENED
    assert store.get_tags(ref)["deepfake-verdict"] == "unscreenable"
    assert publisher.messages[0]["data"]["object"]["store"] == "toy"
