"""MNS: where verdicts go, and what lies in the dead-letter queue."""

from __future__ import annotations

from collections.abc import Iterator

from facescreen.bus.mns import translate_mns_errors
from facescreen.clients.credentials import CredentialSource
from facescreen.errors import InvalidSettingsError
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok, warning
from facescreen_cli.sdk.mns import create_account


def check_topic(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Whether the topic is there, and anybody listens. Raises errors.FacescreenError."""
    name = deployment.alibaba.mns_topic
    topic = create_account(deployment.endpoints["MNS"], credentials).get_topic(name)
    try:
        with translate_mns_errors():
            topic.get_attributes()
            subscriptions, _ = topic.list_subscription(ret_number=1)
    except InvalidSettingsError:
        yield fault("topic", f"there is no topic {name}", "Make it, or set MNS_TOPIC.")
        return
    if subscriptions:
        yield ok("topic", f"{name} has subscribers")
    else:
        says = f"nobody is subscribed to {name}: verdicts stand in tags alone"
        yield warning("topic", says, "Subscribe a queue or an endpoint to it.")


def check_dead_letter_queue(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Whether the queue is there, and what waits in it. Raises errors.FacescreenError."""
    name = deployment.environment["MNS_DLQ"]
    queue = create_account(deployment.endpoints["MNS"], credentials).get_queue(name)
    try:
        with translate_mns_errors():
            told = queue.get_attributes()
    except InvalidSettingsError:
        says = f"there is no queue {name}: what fails is lost"
        yield fault("dead letters", says, "Make it, or set MNS_DLQ.")
        return
    waiting = int(told.active_messages) + int(told.inactive_messages)
    if waiting:
        says = f"{waiting} in {name}: these events have no verdict"
        yield warning("dead letters", says, "See why, and send them again: facescreen redrive")
    else:
        yield ok("dead letters", f"none in {name}")
