"""A function: its code, its limits, its triggers, and the destination of failed events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.schedule import TimerTrigger


@dataclass(frozen=True)
class Hook:
    """A lifecycle handler (``module.function``) and its timeout."""

    handler: str
    timeout_s: int


@dataclass(frozen=True)
class OssTrigger:
    """A trigger on a bucket's events. An empty prefix or suffix matches every key."""

    bucket: str
    events: tuple[str, ...]
    """``oss:ObjectCreated:PutObject``, or all of a kind: ``oss:ObjectCreated:*``."""
    prefix: str
    suffix: str
    name: str = ""

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether one OSS event record (an element of ``events``) fires this trigger."""
        oss = record["oss"]
        key = oss["object"]["key"]
        return (
            oss["bucket"]["name"] == self.bucket
            and key.startswith(self.prefix)
            and key.endswith(self.suffix)
            and self.matches_event(record["eventName"])
        )

    def matches_event(self, event_name: str) -> bool:
        """Whether events of this name (``ObjectCreated:PutObject``) fire this trigger."""
        return any(_event_matches(wanted, event_name) for wanted in self.events)

    def build_payload(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The event that the function receives."""
        return {"events": [record]}


@dataclass(frozen=True)
class EventBridgeTrigger:
    """A rule on the account's default event bus, which also carries OSS's events."""

    pattern: EventPattern
    name: str = ""
    enabled: bool = True

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether one OSS event record fires this trigger."""
        return self.enabled and self.pattern.matches(self.build_payload(record))

    def matches_event(self, event_name: str) -> bool:
        """Whether events of this name (``ObjectCreated:PutObject``) fire this trigger."""
        types = self.pattern.fields.get("type")
        return types is None or EventPattern({"type": types}).matches({"type": f"oss:{event_name}"})

    def build_payload(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The CloudEvent that the function receives: function-compute.md, "Bucket events"."""
        oss = record["oss"]
        return {
            "id": record["responseElements"]["requestId"],
            "source": "acs.oss",
            "specversion": "1.0",
            "type": f"oss:{record['eventName']}",
            "subject": f"{oss['bucket']['arn']}/{oss['object']['key']}",
            "time": record["eventTime"],
            "datacontenttype": "application/json;charset=utf-8",
            "aliyunregionid": record["region"],
            "aliyuneventbusname": "default",
            "data": record,
        }


@dataclass(frozen=True)
class HttpTrigger:
    """An HTTP trigger: who may call, and with which methods."""

    auth_type: str
    """``function`` (signed) or ``anonymous``."""
    methods: tuple[str, ...]
    name: str = ""


Trigger: TypeAlias = "OssTrigger | HttpTrigger | EventBridgeTrigger | TimerTrigger"


@dataclass(frozen=True)
class Function:
    """One function of s.yaml. Defaults are Function Compute's own."""

    name: str
    runtime: str
    """``python3.10`` or ``python3.12``."""
    handler: str
    """``module.function``."""
    code: Path
    """A folder, or a zip file."""
    timeout_s: int = 3
    memory_mb: int = 512
    """Passed to the function, not enforced."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    initializer: Hook | None = None
    pre_stop: Hook | None = None
    triggers: tuple[Trigger, ...] = ()
    retries: int = 3
    """Retries of a failed asynchronous invocation, after the first attempt."""
    max_event_age_s: int = 86_400
    on_failure: str | None = None
    """The ARN of the destination for events whose retries are exhausted."""
    reserved_concurrency: int | None = None
    """The maximum number of instances; None if it isn't set."""
    role: str = ""
    log_project: str = ""
    log_store: str = ""

    @property
    def concurrency(self) -> int:
        """The maximum number of instances; without a reservation, the account's 100."""
        return 100 if self.reserved_concurrency is None else self.reserved_concurrency

    @property
    def http_trigger(self) -> HttpTrigger | None:
        """The HTTP trigger; None if there is none."""
        return next((t for t in self.triggers if isinstance(t, HttpTrigger)), None)

    @property
    def timers(self) -> list[TimerTrigger]:
        """The timer triggers."""
        return [trigger for trigger in self.triggers if isinstance(trigger, TimerTrigger)]

    @property
    def bucket_triggers(self) -> list[OssTrigger | EventBridgeTrigger]:
        """The triggers that a bucket's events may fire."""
        return [t for t in self.triggers if isinstance(t, OssTrigger | EventBridgeTrigger)]


def _event_matches(wanted: str, event_name: str) -> bool:
    # The record's eventName has no "oss:" prefix; the trigger's configuration does.
    name = f"oss:{event_name}"
    return name.startswith(wanted[:-1]) if wanted.endswith(":*") else name == wanted
