"""The verdicts that were published to a queue, by object."""

from __future__ import annotations

from typing import Any

from tests.e2e.aws.cloud import AwsCloud
from tests.support.wait import wait_for


class PublishedVerdicts:
    """The messages of one queue, with a wait for those about an object."""

    def __init__(self, cloud: AwsCloud, queue_url: str) -> None:
        self._cloud = cloud
        self._queue_url = queue_url

    def all(self) -> list[dict[str, Any]]:
        """The data of every message so far."""
        return [_event(message)["data"] for message in self._cloud.messages(self._queue_url)]

    def of(self, bucket: str, key: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for exactly `count` messages about an object and return their data."""

        def matching() -> list[dict[str, Any]]:
            place = {"bucket": bucket, "key": key}
            return [data for data in self.all() if place.items() <= data["object"].items()]

        wait_for(lambda: len(matching()) >= count, f"{count} messages about {key}")
        assert len(matching()) == count
        return matching()


def _event(message: dict[str, Any]) -> dict[str, Any]:
    """The CloudEvent, without EventBridge's envelope."""
    event: dict[str, Any] = message.get("detail", message)
    return event
