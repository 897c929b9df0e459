"""Every error that facescreen raises, by whose matter it is.

FacescreenError
├── ContentFault            the content's: final, the object is unscreenable
├── OperatorFault           settings, permissions, our own requests: fail loudly, keep the event
│   ├── BadSettings
│   ├── BadCredentials
│   ├── BadEvent
│   ├── BadRequest
│   ├── AccessRefused
│   └── StandInRefused
├── Passing                 a retry may mend it: raise, and the platform retries
│   ├── Throttled
│   │   └── Deferred
│   ├── Unavailable
│   ├── NoAnswer
│   ├── SourceTimedOut
│   ├── CredentialsExpired
│   └── StillClaimed
├── CallerError             what a caller asks for is wrong: say so, count nothing
│   ├── InvalidRequestError
│   └── UrlRefusedError
├── NotScreened             nothing is known of the bytes that were asked about
├── KeyReused               an idempotency key came with other content
├── ObjectGone              deleted meanwhile: not an error, a metric
├── ObjectChanged           overwritten meanwhile: its own event screens it
├── TagsRefused             the store would not take our tags: the message says so
└── QuarantineRefused       the object can't be put in quarantine: the message says so

No text of theirs holds a URL's query, a key, a token or a byte of a face.
"""

from __future__ import annotations

import re

# A scheme without a bound would be looked for anew from each letter of a long word.
_URL_QUERY = re.compile(
    r"(?P<url>[a-z][a-z0-9+.-]{0,30}://[^\s?\"'<>]*)\?[^\s\"'<>]*", re.IGNORECASE
)
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_%-]{64,}")
_LONGEST = 2000


def shown(text: str) -> str:
    """`text` from elsewhere, fit for a log or an error: no URL queries, no long tokens, short."""
    without_query = _URL_QUERY.sub(r"\g<url>?…", text)
    return _LONG_TOKEN.sub("…", without_query)[:_LONGEST]


class FacescreenError(Exception):
    """Base of the tree; `code` is the service's own name for it where there is one."""

    code = ""
    name = "FacescreenError"
    """What metrics, log lines, dead letters and tags call this error. It is on the wire, so it
    stays when the class is renamed; each class has its own."""

    def __init__(self, message: str, *, code: str = "", request_id: str = "") -> None:
        self.code = code or self.code
        self.request_id = request_id
        parts = [shown(message)]
        if code:
            parts.append(f"code {shown(code)}")
        if request_id:
            parts.append(f"RequestId {shown(request_id)}")
        super().__init__("; ".join(parts))


class ContentFault(FacescreenError):
    """The service refused the content, or the store keeps it locked. Another upload would do."""

    name = "ContentFault"


class OperatorFault(FacescreenError):
    """Somebody who runs this must change something; the object is never tagged for it."""

    name = "OperatorFault"


class BadSettings(OperatorFault):
    """A setting is missing or wrong. The text says what it must be and where to find it; `wrong`
    has a sentence for each where several were read."""

    name = "BadSettings"

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", wrong: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.wrong = wrong or (str(self),)


class BadCredentials(OperatorFault):
    """No credentials, or ones that the service does not know."""

    name = "BadCredentials"


class BadEvent(OperatorFault):
    """An event of no known shape."""

    name = "BadEvent"


class BadRequest(OperatorFault):
    """A request that may not leave, or that the service calls wrong."""

    name = "BadRequest"


class AccessRefused(OperatorFault):
    """A permission is missing or the account is not in order."""

    name = "AccessRefused"


class StandInRefused(OperatorFault):
    """The endpoint names itself a stand-in, and this deployment is not marked local."""

    name = "StandInRefused"


class Passing(FacescreenError):
    """May go away by itself."""

    name = "Passing"


class Throttled(Passing):
    """Over the quota; `retry_after_s` is what the service asked for, if it did."""

    name = "Throttled"

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", retry_after_s: float = 0
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after_s = retry_after_s


class Deferred(Throttled):
    """The day's paid calls are spent (DAILY_CALLS); `retry_after_s` is what is left of the day, in
    UTC. The object's event goes to the dead-letter queue, and can be re-driven the next day."""

    name = "Deferred"


class Unavailable(Passing):
    """The service is unwell, unreachable, or answers what cannot be understood."""

    name = "Unavailable"


class NoAnswer(Passing):
    """The request was sent and no answer came: it may have been served, and billed."""

    name = "NoAnswer"


class SourceTimedOut(Passing):
    """The service could not download the presigned URL in time (DownloadTimeout)."""

    name = "SourceTimedOut"


class CredentialsExpired(Passing):
    """The security token or the request's date ran out."""

    name = "CredentialsExpired"


class StillClaimed(Passing):
    """Another delivery of the same event is still at work on the object."""

    name = "StillClaimed"


class CallerError(FacescreenError):
    """The caller must ask for something else."""

    name = "CallerError"


class InvalidRequestError(CallerError):
    """A bucket, key or version id that no object can have."""

    name = "InvalidRequest"


class UrlRefusedError(CallerError):
    """A URL that nobody may be asked to download."""

    name = "UrlRefused"


class NotScreened(FacescreenError):
    """Nothing is known of these bytes."""

    name = "NotScreened"


class KeyReused(FacescreenError):
    """An idempotency key was used for other content before."""

    name = "KeyReused"


class ObjectGone(FacescreenError):
    """The object is not there any more."""

    name = "ObjectGone"


class ObjectChanged(FacescreenError):
    """The object's bytes are not the ones that were asked for."""

    name = "ObjectChanged"


class TagsRefused(FacescreenError):
    """The store refused the tag set."""

    name = "TagsRefused"


class QuarantineRefused(FacescreenError):
    """The object can't be put in quarantine, and no retry would help."""

    name = "QuarantineRefused"
