"""What a function is: its code, its limits, its triggers, and what becomes of failed events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.schedule import TimerTrigger


@dataclass(frozen=True)
class Hook:
    """A lifecycle handler (``module.function``) and how long it may take."""

    handler: str
    timeout_s: int


@dataclass(frozen=True)
class OssTrigger:
    """A bucket's events; an empty prefix or suffix lets every key through."""

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
            and any(_covers(wanted, record["eventName"]) for wanted in self.events)
        )

    def payload(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The event that the function gets."""
        return {"events": [record]}


@dataclass(frozen=True)
class EventBridgeTrigger:
    """What a rule on the account's default event bus lets through: OSS's events among them."""

    pattern: EventPattern
    name: str = ""
    enabled: bool = True

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether one OSS event record fires this trigger."""
        return self.enabled and self.pattern.matches(self.payload(record))

    def payload(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The CloudEvent that the function gets: function-compute.md, "Bucket events"."""
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
    """Who may call over HTTP, and with which methods."""

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
    """Told to the function, not enforced."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    initializer: Hook | None = None
    pre_stop: Hook | None = None
    triggers: tuple[Trigger, ...] = ()
    retries: int = 3
    """Of an asynchronous invocation that fails, after its first attempt."""
    max_event_age_s: int = 86_400
    on_failure: str | None = None
    """ARN of the destination for events that ran out of retries."""
    reserved_concurrency: int | None = None
    """Most instances at once, where it is said."""
    role: str = ""
    log_project: str = ""
    log_store: str = ""

    @property
    def concurrency(self) -> int:
        """Most instances at once: of those that are not said, an account has 100 in all."""
        return 100 if self.reserved_concurrency is None else self.reserved_concurrency

    @property
    def http_trigger(self) -> HttpTrigger | None:
        """Its HTTP trigger, where it has one."""
        return next((t for t in self.triggers if isinstance(t, HttpTrigger)), None)

    @property
    def timers(self) -> list[TimerTrigger]:
        """Its time triggers."""

        return [trigger for trigger in self.triggers if isinstance(trigger, TimerTrigger)]

    @property
    def bucket_triggers(self) -> list[OssTrigger | EventBridgeTrigger]:
        """Those that a bucket's events may fire."""
        return [t for t in self.triggers if isinstance(t, OssTrigger | EventBridgeTrigger)]


def _covers(wanted: str, event_name: str) -> bool:
    # The record's eventName has no "oss:" prefix; the trigger's configuration does.
    name = f"oss:{event_name}"
    return name.startswith(wanted[:-1]) if wanted.endswith(":*") else name == wanted
