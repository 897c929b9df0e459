"""Checks the topic for verdicts and the dead-letter queue, in MNS."""

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
    """Check that the topic exists and has subscribers. Raises errors.FacescreenError."""
    name = deployment.alibaba_settings.mns_topic
    topic = create_account(deployment.endpoints["MNS"], credentials).get_topic(name)
    try:
        with translate_mns_errors():
            topic.get_attributes()
            subscriptions, _ = topic.list_subscription(ret_number=1)
    except InvalidSettingsError:
        yield fault("topic", f"there is no topic {name}", "Create it, or set MNS_TOPIC.")
        return
    if subscriptions:
        yield ok("topic", f"{name} has subscribers")
    else:
        message = f"{name} has no subscribers: verdicts are only in tags"
        yield warning("topic", message, "Subscribe a queue or an endpoint to it.")


def check_dead_letter_queue(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Check that the queue exists and is empty. Raises errors.FacescreenError."""
    name = deployment.environment["MNS_DLQ"]
    queue = create_account(deployment.endpoints["MNS"], credentials).get_queue(name)
    try:
        with translate_mns_errors():
            attributes = queue.get_attributes()
    except InvalidSettingsError:
        message = f"there is no queue {name}: failed events are lost"
        yield fault("dead letters", message, "Create it, or set MNS_DLQ.")
        return
    waiting = int(attributes.active_messages) + int(attributes.inactive_messages)
    if waiting:
        message = f"{waiting} in {name}: these events have no verdict"
        yield warning(
            "dead letters", message, "Find out why, and send them again: facescreen redrive"
        )
    else:
        yield ok("dead letters", f"none in {name}")
