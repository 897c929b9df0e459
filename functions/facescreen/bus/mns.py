"""Publishes to MNS topics and queues, with the vendor's aliyun-mns-sdk."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mns.account import Account
from mns.auth import Credentials as MnsCredentials
from mns.mns_exception import (
    MNSClientNetworkException,
    MNSExceptionBase,
    MNSServerException,
)
from mns.queue import Message
from mns.topic import Base64TopicMessage

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facescreen.clients.credentials import CredentialSource

_TIMEOUT_S = 5
_MAX_TAG_CHARS = 16


class MnsPublisher:
    """Publishes to a topic or a queue.

    Bodies are Base64, which the vendor's SDKs decode by default. On a topic the verdict is the
    message tag, so subscriptions can filter by it.
    """

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, topic: str = "", queue: str = ""
    ) -> None:
        self._account = Account(endpoint, credentials_provider=_MnsCredentialsProvider(credentials))
        client = self._account.mns_client
        client.set_connection_timeout(_TIMEOUT_S)
        # The SDK sets no timeout on its HTTPS connection; this sets http.client's.
        client.http.conn.timeout = _TIMEOUT_S
        self._topic = topic
        self._queue = queue

    def publish(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message, separators=(",", ":"))
        try:
            self._send_once(body, message["data"]["verdict"])
        except errors.ServiceUnavailableError:
            # After an instance was frozen its connection is dead. A message that was sent twice has
            # the same id.
            self._send_once(body, message["data"]["verdict"])

    def close(self) -> None:
        """Closes the connection."""
        self._account.mns_client.close_connection()

    def _send_once(self, body: str, verdict: str) -> None:
        with translate_mns_errors():
            if self._topic:
                tagged = Base64TopicMessage(body, verdict[:_MAX_TAG_CHARS])
                self._account.get_topic(self._topic).publish_message(tagged)
            else:
                self._account.get_queue(self._queue).send_message(Message(body))


class _MnsCredentialsProvider:
    """Adapts a CredentialSource to the SDK, which asks for credentials before each request."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def get_credentials(self) -> MnsCredentials:
        credentials = self._source.get()
        return MnsCredentials(
            credentials.access_key_id, credentials.access_key_secret, credentials.security_token
        )


@contextmanager
def translate_mns_errors() -> Iterator[None]:
    """Raise the SDK's errors as ours."""
    try:
        yield
    except MNSClientNetworkException:
        raise errors.ServiceUnavailableError("MNS can't be reached") from None
    except MNSServerException as error:
        error_class = _get_error_class(error.type)
        raise error_class(
            "MNS rejected the request", code=error.type, request_id=error.request_id
        ) from None
    except MNSExceptionBase as error:
        raise errors.RequestRejectedError(
            "the MNS client rejected the request", code=error.type
        ) from None


def _get_error_class(code: str) -> type[errors.FacescreenError]:
    if code == "AccessDenied":
        return errors.AccessDeniedError
    if code in ("SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessIDAuthError"):
        return errors.InvalidCredentialsError
    if code in ("QueueNotExist", "TopicNotExist"):
        return errors.InvalidSettingsError
    if code in ("InvalidSecurityToken", "SecurityTokenExpired", "TimeExpired"):
        return errors.CredentialsExpiredError
    return errors.ServiceUnavailableError
