"""Every error that facescreen raises, grouped by who can fix it.

FacescreenError
├── ContentError                    the content's fault: final, the object is unscreenable
├── OperatorError                   settings, permissions, our own requests: fail, keep the event
│   ├── InvalidSettingsError
│   ├── InvalidCredentialsError
│   ├── InvalidEventError
│   ├── RequestRejectedError
│   ├── AccessDeniedError
│   ├── EmulatorRefusedError
│   └── InvalidLedgerEntryError
├── TransientError                  a retry may succeed: raise, and the platform retries
│   ├── ThrottledError
│   │   └── DailyLimitReachedError
│   ├── ServiceUnavailableError
│   ├── ResponseTimeoutError
│   ├── SourceDownloadTimeoutError
│   ├── CredentialsExpiredError
│   ├── RevisionNotSettledError
│   └── AlreadyInProgressError
├── CallerError                     the caller's request is wrong: reply with it, count nothing
│   ├── InvalidRequestError
│   └── UrlRefusedError
├── NotScreenedError                there is no verdict for the requested bytes
├── IdempotencyKeyReusedError       an idempotency key was sent with other content
├── ObjectNotFoundError             deleted in the meantime: a metric, not a failure
├── ObjectChangedError              overwritten in the meantime: its own event screens it
├── TagsRefusedError                the store rejected our tags: the message says so
└── QuarantineRefusedError          the object can't be quarantined: the message says so

No message contains a URL's query, a key, a token or any bytes of a face.
"""

from __future__ import annotations

import re

# Without a bound, the scheme would be searched for again from each letter of a long word.
_URL_QUERY_PATTERN = re.compile(
    r"(?P<url>[a-z][a-z0-9+.-]{0,30}://[^\s?\"'<>]*)\?[^\s\"'<>]*", re.IGNORECASE
)
_LONG_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9+/=_%-]{64,}")
_MAX_MESSAGE_CHARS = 2000


def redact(text: str) -> str:
    """Remove URL queries and long tokens from a string from outside, and shorten it, so that it
    is safe in a log or an error."""
    without_query = _URL_QUERY_PATTERN.sub(r"\g<url>?…", text)
    return _LONG_TOKEN_PATTERN.sub("…", without_query)[:_MAX_MESSAGE_CHARS]


class FacescreenError(Exception):
    """Base class. `code` is the error code that the service returned, if any."""

    code = ""
    name = "FacescreenError"
    """The error's name in metrics, log lines, dead letters and tags. It is on the wire, so it does
    not change when the class is renamed. Each class defines its own."""

    def __init__(self, message: str, *, code: str = "", request_id: str = "") -> None:
        self.code = code or self.code
        self.request_id = request_id
        parts = [redact(message)]
        if code:
            parts.append(f"code {redact(code)}")
        if request_id:
            parts.append(f"RequestId {redact(request_id)}")
        super().__init__("; ".join(parts))

    def __init_subclass__(cls) -> None:
        # The platforms report the class of an uncaught error by this attribute: Function Compute
        # writes it to the dead letter (errorType). Tracebacks show the class's qualified name.
        cls.__name__ = cls.name


class ContentError(FacescreenError):
    """The service rejected the content, or the store can't return or convert it. A new upload may
    work."""

    name = "ContentFault"


class OperatorError(FacescreenError):
    """The operator must change something. The object is never tagged because of it."""

    name = "OperatorFault"


class InvalidSettingsError(OperatorError):
    """A setting is missing or wrong. The message says what it must be and where to find it;
    `problems` has one sentence for each wrong setting."""

    name = "BadSettings"

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", problems: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.problems = problems or (str(self),)


class InvalidCredentialsError(OperatorError):
    """There are no credentials, or the service does not know them."""

    name = "BadCredentials"


class InvalidEventError(OperatorError):
    """The event has an unknown format."""

    name = "BadEvent"


class RequestRejectedError(OperatorError):
    """A request failed our own checks, or the service rejected it as invalid."""

    name = "BadRequest"


class AccessDeniedError(OperatorError):
    """A permission is missing, or the account is suspended or has no such service."""

    name = "AccessRefused"


class EmulatorRefusedError(OperatorError):
    """The endpoint says that it is an emulator, and this deployment is not marked as local."""

    name = "StandInRefused"


class InvalidLedgerEntryError(OperatorError):
    """An entry of the ledger is damaged. The message names it; what it recorded is not known."""

    name = "BadLedgerEntry"


class TransientError(FacescreenError):
    """A retry may succeed."""

    name = "Passing"


class ThrottledError(TransientError):
    """Over the quota. `retry_after_s` is the delay that the service asked for, or 0."""

    name = "Throttled"

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", retry_after_s: float = 0
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after_s = retry_after_s


class DailyLimitReachedError(ThrottledError):
    """The daily limit of paid calls (DAILY_CALLS) is reached. `retry_after_s` is the time until
    midnight UTC. The object's event goes to the dead-letter queue and can be redriven the next
    day."""

    name = "Deferred"


class ServiceUnavailableError(TransientError):
    """The service fails, can't be reached, or returns a response that can't be parsed."""

    name = "Unavailable"


class ResponseTimeoutError(TransientError):
    """The request was sent and no response came: it may have been served and billed."""

    name = "NoAnswer"


class SourceDownloadTimeoutError(TransientError):
    """The service could not download the presigned URL in time (DownloadTimeout)."""

    name = "SourceTimedOut"


class CredentialsExpiredError(TransientError):
    """The security token or the request's date has expired."""

    name = "CredentialsExpired"


class RevisionNotSettledError(TransientError):
    """The object was written so recently, or so often, that its bytes can't be told from those of
    another write yet."""

    name = "RevisionNotSettled"


class AlreadyInProgressError(TransientError):
    """Another delivery of the same event is still processing the object."""

    name = "StillClaimed"


class CallerError(FacescreenError):
    """The caller must change the request."""

    name = "CallerError"


class InvalidRequestError(CallerError):
    """The bucket, key or version id is not valid."""

    name = "InvalidRequest"


class UrlRefusedError(CallerError):
    """The URL must not be downloaded: it is not public, or not https."""

    name = "UrlRefused"


class NotScreenedError(FacescreenError):
    """There is no verdict for these bytes."""

    name = "NotScreened"


class IdempotencyKeyReusedError(FacescreenError):
    """The idempotency key was used for other content before."""

    name = "KeyReused"


class ObjectNotFoundError(FacescreenError):
    """The object does not exist any more."""

    name = "ObjectGone"


class ObjectChangedError(FacescreenError):
    """The object's bytes are not the requested ones."""

    name = "ObjectChanged"


class TagsRefusedError(FacescreenError):
    """The store rejected the tag set."""

    name = "TagsRefused"


class QuarantineRefusedError(FacescreenError):
    """The object can't be quarantined, and a retry would not help."""

    name = "QuarantineRefused"
