"""MNS: where verdicts go, and what lies in the dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mns.account import Account

from facescreen.errors import BadSettings
from facescreen.messages.mns import mns_errors

from .line import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.credentials import CredentialSource

    from .deployment import Deployment
    from .line import Line

_TIMEOUT_S = 5


def verdicts(deployment: Deployment, credentials: CredentialSource) -> Iterator[Line]:
    """Whether the topic is there, and anybody listens. Raises errors.FacescreenError."""
    name = deployment.settings.alibaba.mns_topic
    topic = _account(deployment, credentials).get_topic(name)
    try:
        with mns_errors():
            topic.get_attributes()
            subscriptions, _ = topic.list_subscription(ret_number=1)
    except BadSettings:
        yield fault("topic", f"there is no topic {name}", "Make it, or set MNS_TOPIC.")
        return
    if subscriptions:
        yield ok("topic", f"{name} has subscribers")
    else:
        says = f"nobody is subscribed to {name}: verdicts stand in tags alone"
        yield warning("topic", says, "Subscribe a queue or an endpoint to it.")


def dead_letters(deployment: Deployment, credentials: CredentialSource) -> Iterator[Line]:
    """Whether the queue is there, and what waits in it. Raises errors.FacescreenError."""
    name = deployment.environment["MNS_DLQ"]
    queue = _account(deployment, credentials).get_queue(name)
    try:
        with mns_errors():
            told = queue.get_attributes()
    except BadSettings:
        says = f"there is no queue {name}: what fails is lost"
        yield fault("dead letters", says, "Make it, or set MNS_DLQ.")
        return
    waiting = int(told.active_messages) + int(told.inactive_messages)
    if waiting:
        says = f"{waiting} in {name}: these events have no verdict"
        yield warning("dead letters", says, "Read what they failed of, mend it, send them again.")
    else:
        yield ok("dead letters", f"none in {name}")


def _account(deployment: Deployment, credentials: CredentialSource) -> Account:
    now = credentials.get()
    account = Account(
        deployment.endpoints["MNS"],
        now.access_key_id,
        now.access_key_secret,
        now.security_token,
    )
    account.mns_client.set_connection_timeout(_TIMEOUT_S)
    account.mns_client.http.conn.timeout = _TIMEOUT_S
    return account
