"""AWS, on boto3: clients that give up in time, and their errors as ours.

boto3 and the credentials are the Lambda runtime's own.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto
from botocore.config import Config
from botocore.parsers import ResponseParserError

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import boto3

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=5,
    # An instance that was frozen finds its kept connections dead; another try opens a new one.
    retries={"mode": "standard", "total_max_attempts": 3},
)
_UNREACHABLE = (
    boto.ConnectionError,
    boto.CredentialRetrievalError,
    boto.HTTPClientError,
    boto.IncompleteReadError,
)
_KINDS: dict[str, type[errors.FacescreenError]] = {
    **dict.fromkeys(
        (
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "UnrecognizedClientException",
        ),
        errors.InvalidCredentialsError,
    ),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed"),
        errors.CredentialsExpiredError,
    ),
    **dict.fromkeys(
        (
            "InternalFailure",
            "OperationAborted",
            "RequestThrottled",
            "RequestTimeout",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
        ),
        errors.ServiceUnavailableError,
    ),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "AuthorizationError"), errors.AccessDeniedError
    ),
    **dict.fromkeys(
        (
            "AuthorizationHeaderMalformed",
            "AWS.SimpleQueueService.NonExistentQueue",
            "NoSuchBucket",
            "NotFound",
            "PermanentRedirect",
            "QueueDoesNotExist",
            "ResourceNotFoundException",
        ),
        errors.InvalidSettingsError,
    ),
}


# Its DEBUG lines hold headers and presigned URLs.
logging.getLogger("botocore").setLevel(logging.WARNING)


def connect(
    session: boto3.Session, service: str, endpoint: str, config: Config | None = None
) -> Any:
    """A client of `service` in the session's region; `endpoint` is empty for the real one."""
    both = _CONFIG.merge(config) if config else _CONFIG
    return session.client(service, endpoint_url=endpoint or None, config=both)


@dataclass(frozen=True)
class Refusal:
    """A service's answer that is an error."""

    code: str
    message: str
    status: int = 400
    request_id: str = ""

    @classmethod
    def of(cls, error: boto.ClientError) -> Refusal:
        """What a client raised."""
        said, about = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        return cls(
            code=str(said.get("Code", "")),
            message=str(said.get("Message", "")),
            status=int(about.get("HTTPStatusCode", 0)),
            request_id=str(about.get("RequestId", "")),
        )

    def kind(self, otherwise: type[errors.FacescreenError]) -> type[errors.FacescreenError]:
        """Which of our errors it is, by what all services have in common."""
        if self.code in _KINDS:
            return _KINDS[self.code]
        if self.status >= 500 or self.status == 429:
            return errors.ServiceUnavailableError
        return errors.AccessDeniedError if self.status == 403 else otherwise

    def error(self, service: str) -> errors.FacescreenError:
        """The same as ours, where `service` has no errors of its own to tell apart."""
        message = f"{service} refused: {self.message}"
        kind = self.kind(errors.RequestRejectedError)
        return kind(message, code=self.code, request_id=self.request_id)


@contextmanager
def translate_aws_errors(
    service: str, judge: Callable[[Refusal, str], errors.FacescreenError] = Refusal.error
) -> Iterator[None]:
    """boto3's errors as ours. Theirs stay behind: they hold parameters and URLs. A KeyError is of
    an answer without what every answer has, such as a proxy's page."""
    try:
        yield
    except boto.ClientError as error:
        raise judge(Refusal.of(error), service) from None
    except _UNREACHABLE as error:
        raise errors.ServiceUnavailableError(
            f"{service} can't be reached ({type(error).__name__})"
        ) from None
    except (boto.NoCredentialsError, boto.PartialCredentialsError):
        raise errors.InvalidCredentialsError(
            "boto3 finds no AWS credentials: the function needs an execution role"
        ) from None
    except (ResponseParserError, KeyError):
        raise errors.ServiceUnavailableError(
            f"{service} answered what is none of its answers"
        ) from None
    except boto.BotoCoreError as error:
        raise errors.RequestRejectedError(f"boto3 refused ({type(error).__name__})") from None
