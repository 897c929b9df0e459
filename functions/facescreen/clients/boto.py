"""Creates boto3 clients with short timeouts, and translates their errors to ours.

boto3 and the credentials come from the Lambda runtime.
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

_CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=5,
    # After an instance was frozen its pooled connections are dead; a retry opens a new one.
    retries={"mode": "standard", "total_max_attempts": 3},
)
_UNREACHABLE_ERRORS = (
    boto.ConnectionError,
    boto.CredentialRetrievalError,
    boto.FlexibleChecksumError,  # the body was damaged on its way
    boto.HTTPClientError,
    boto.IncompleteReadError,
)
_ERRORS_BY_CODE: dict[str, type[errors.FacescreenError]] = {
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


# Its DEBUG lines contain headers and presigned URLs.
logging.getLogger("botocore").setLevel(logging.WARNING)


def create_client(
    session: boto3.Session, service: str, endpoint: str, config: Config | None = None
) -> Any:
    """Create a client in the session's region. `endpoint` is empty for the service's own."""
    merged_config = _CLIENT_CONFIG.merge(config) if config else _CLIENT_CONFIG
    return session.client(service, endpoint_url=endpoint or None, config=merged_config)


@dataclass(frozen=True)
class AwsErrorResponse:
    """An error response of an AWS service."""

    code: str
    message: str
    status: int = 400
    request_id: str = ""

    @classmethod
    def from_client_error(cls, error: boto.ClientError) -> AwsErrorResponse:
        """Read the response from the error that a client raised."""
        details = error.response.get("Error", {})
        metadata = error.response.get("ResponseMetadata", {})
        return cls(
            code=str(details.get("Code", "")),
            message=str(details.get("Message", "")),
            status=int(metadata.get("HTTPStatusCode", 0)),
            request_id=str(metadata.get("RequestId", "")),
        )

    def error_class(self, default: type[errors.FacescreenError]) -> type[errors.FacescreenError]:
        """Return our class for a code or status that all services share, else `default`."""
        if self.code in _ERRORS_BY_CODE:
            return _ERRORS_BY_CODE[self.code]
        if self.status >= 500 or self.status == 429:
            return errors.ServiceUnavailableError
        return errors.AccessDeniedError if self.status == 403 else default

    def to_error(self, service: str) -> errors.FacescreenError:
        """Convert to our error, for a service without errors of its own to distinguish."""
        message = f"{service} rejected the request: {self.message}"
        error_class = self.error_class(errors.RequestRejectedError)
        return error_class(message, code=self.code, request_id=self.request_id)


@contextmanager
def translate_aws_errors(
    service: str,
    to_error: Callable[[AwsErrorResponse, str], errors.FacescreenError] = AwsErrorResponse.to_error,
) -> Iterator[None]:
    """Raise boto3's errors as ours, without a cause: theirs contain parameters and URLs. A KeyError
    means that a response lacks a required field, such as a proxy's page."""
    try:
        yield
    except boto.ClientError as error:
        raise to_error(AwsErrorResponse.from_client_error(error), service) from None
    except _UNREACHABLE_ERRORS as error:
        raise errors.ServiceUnavailableError(
            f"{service} can't be reached ({type(error).__name__})"
        ) from None
    except (boto.NoCredentialsError, boto.PartialCredentialsError):
        raise errors.InvalidCredentialsError(
            "boto3 finds no AWS credentials: the function needs an execution role"
        ) from None
    except (ResponseParserError, KeyError):
        raise errors.ServiceUnavailableError(
            f"{service} returned a response that can't be parsed"
        ) from None
    except boto.BotoCoreError as error:
        raise errors.RequestRejectedError(
            f"boto3 rejected the request ({type(error).__name__})"
        ) from None
