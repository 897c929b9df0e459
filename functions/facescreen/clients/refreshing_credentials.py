"""Credentials that are fetched anew before they end, and outlive a fetch that fails."""

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

    from facescreen.clients.boto import Refusal
    from facescreen.clients.credentials import Credentials

_TRY_AGAIN_S = 60
"""After a fetch that failed, while the old credentials still serve."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lease:
    """Credentials, when to renew them, and until when they serve if that fails (Unix time)."""

    credentials: Credentials
    renew_at: float
    ends_at: float


class RenewedCredentials(ABC):
    """A CredentialSource for several threads: one of them fetches, the others wait for it.

    `clock` tells the wall's time: a monotonic one may stand still while an instance is frozen.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lease: Lease | None = None

    @abstractmethod
    def fetch(self) -> Lease:
        """New credentials. Raises errors.InvalidCredentialsError, or errors.TransientError."""

    def get(self) -> Credentials:
        """The credentials of the moment. Raises errors.InvalidCredentialsError, or
        errors.TransientError."""
        with self._lock:
            if self._lease is None or self._clock() >= self._lease.renew_at:
                self._lease = self._renewed(self._lease)
            return self._lease.credentials

    def _renewed(self, old: Lease | None) -> Lease:
        try:
            return self.fetch()
        except errors.FacescreenError as trouble:
            if old is None or self._clock() >= old.ends_at:
                raise
            # Its type alone: what the other side said may be anything.
            _log.warning("credentials not renewed, the old ones serve: %s", trouble.name)
            return replace(old, renew_at=self._clock() + _TRY_AGAIN_S)


def refused(
    remedies: Mapping[str, str],
) -> Callable[[Refusal, str], errors.FacescreenError]:
    """A judge for translate_aws_errors: InvalidCredentialsError with what to do, but for what may
    pass by itself."""

    def judge(refusal: Refusal, service: str) -> errors.FacescreenError:
        kind = refusal.kind(errors.InvalidCredentialsError)
        if not issubclass(kind, errors.TransientError):
            kind = errors.InvalidCredentialsError
        said = "; ".join(filter(None, (refusal.message, remedies.get(refusal.code))))
        message = f"{service} refused: {said}"
        return kind(message, code=refusal.code, request_id=refusal.request_id)

    return judge
