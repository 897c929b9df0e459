"""What the sweep looks at, how often, and whom it hands objects to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facescreen.environment import EnvironmentReader
from facescreen.settings.aws import QUEUE_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTION_NAME = r"[A-Za-z_][A-Za-z0-9_-]{0,127}"
_PLACE = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:/(?P<prefix>.{0,1023}))?")


@dataclass(frozen=True)
class Place:
    """What a trigger watches."""

    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        """``bucket/prefix``."""
        return f"{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class SweepSettings:
    """Of the sweep alone; the function's own it has as well."""

    places: tuple[Place, ...]
    suffix: str
    """The trigger's: what ends otherwise has no event, and is nobody's to screen."""
    after: timedelta
    """How old an object is when its verdict is missed first."""
    most: int
    """Objects that one run hands over."""
    function: str
    endpoint: str
    """Base URL of Function Compute. On AWS both are empty."""
    queue_url: str
    """The uploads queue, on AWS."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> SweepSettings:
        """Raises BadSettings, which names every one that is wrong."""
        read = EnvironmentReader(environment)
        on_aws = bool(environment.get("AWS_LAMBDA_FUNCTION_NAME"))
        sweep = cls(
            places=_places(read),
            suffix=environment.get("WATCHED_SUFFIX", ""),
            after=timedelta(minutes=read.number("SWEEP_AFTER_MINUTES", 1, 1440, 30)),
            most=int(read.number("SWEEP_MOST", 1, 100_000, 500)),
            function="" if on_aws else _function(read),
            endpoint="" if on_aws else _endpoint(read),
            queue_url=_queue_url(read) if on_aws else "",
        )
        read.check()
        return sweep


def _places(read: EnvironmentReader) -> tuple[Place, ...]:
    state_bucket = read.first("STATE_BUCKET")
    places: list[Place] = []
    for given in read.listed("WATCHED_OBJECTS"):
        found = _PLACE.fullmatch(given)
        if found is None or found["bucket"] == state_bucket:
            places.clear()
            break
        places.append(Place(found["bucket"], found["prefix"] or ""))
    if not places:
        read.wrong.append(
            "WATCHED_OBJECTS must be what the triggers watch, as BUCKET/PREFIX with commas "
            "between, and not the STATE_BUCKET"
        )
    return tuple(places)


def _function(read: EnvironmentReader) -> str:
    return read.text(
        "SWEEP_FUNCTION", FUNCTION_NAME, "a function's name", "s.yaml", "facescreen-object-created"
    )


def _endpoint(read: EnvironmentReader) -> str:
    """The account's own, within Alibaba Cloud (Function Compute, Endpoints)."""
    region = read.first("OSS_REGION") or "ap-southeast-1"
    account = read.first("FC_ACCOUNT_ID", "ALIBABA_CLOUD_ACCOUNT_ID")
    internal = f"{account}.{region}-internal.fc.aliyuncs.com" if account else None
    return read.endpoint("SWEEP_ENDPOINT", internal)


def _queue_url(read: EnvironmentReader) -> str:
    return read.text("UPLOADS_QUEUE_URL", QUEUE_URL, "a queue's https URL", "the stack's outputs")
