"""Credentials that are refreshed before they expire; the old ones are used if that fails."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facescreen.clients.boto import AwsErrorResponse
    from facescreen.clients.credentials import Credentials

_RETRY_DELAY_S = 60
"""After a failed refresh, while the old credentials are still valid."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CredentialLease:
    """Credentials, when to refresh them, and when they expire (Unix time)."""

    credentials: Credentials
    refresh_at: float
    expires_at: float


class RefreshingCredentials(ABC):
    """A thread-safe CredentialSource: one thread fetches, the others wait.

    `clock` is the wall clock: a monotonic one may stop while an instance is frozen.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lease: CredentialLease | None = None

    @abstractmethod
    def fetch(self) -> CredentialLease:
        """Fetch new credentials. Raises errors.InvalidCredentialsError or
        errors.TransientError."""

    def get(self) -> Credentials:
        """Return the current credentials, refreshed if necessary. Raises
        errors.InvalidCredentialsError, or errors.TransientError."""
        with self._lock:
            if self._lease is None or self._clock() >= self._lease.refresh_at:
                self._lease = self._refresh(self._lease)
            return self._lease.credentials

    def _refresh(self, current: CredentialLease | None) -> CredentialLease:
        try:
            return self.fetch()
        except errors.FacescreenError as error:
            if current is None or self._clock() >= current.expires_at:
                raise
            # Only its name: the service's message may contain anything.
            _log.warning("credentials not refreshed, the old ones are used: %s", error.name)
            return replace(current, refresh_at=self._clock() + _RETRY_DELAY_S)


def create_credentials_error_translator(
    remedies: Mapping[str, str],
) -> Callable[[AwsErrorResponse, str], errors.FacescreenError]:
    """Return a `to_error` for translate_aws_errors: InvalidCredentialsError with the remedy for the
    code, except for transient errors."""

    def to_error(response: AwsErrorResponse, service: str) -> errors.FacescreenError:
        error_class = response.error_class(errors.InvalidCredentialsError)
        if not issubclass(error_class, errors.TransientError):
            error_class = errors.InvalidCredentialsError
        details = "; ".join(filter(None, (response.message, remedies.get(response.code))))
        message = f"{service} rejected the request: {details}"
        return error_class(message, code=response.code, request_id=response.request_id)

    return to_error
