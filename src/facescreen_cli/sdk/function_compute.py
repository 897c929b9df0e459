"""A client of the vendor's alibabacloud-fc20230330, with its errors translated into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from Tea.exceptions import TeaException, UnretryableException

from facescreen import errors
from facescreen.bus.function_compute import build_error
from facescreen.clients.credentials import Credentials

_REQUEST_TIMEOUT_MS = 5000


def create_client(endpoint: str, credentials: Credentials) -> Any:
    """Create a client that doesn't retry, with short timeouts. `endpoint` is a base URL."""
    parts = urlsplit(endpoint)
    return Client(
        Config(
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token or None,
            endpoint=parts.netloc,
            protocol=parts.scheme.upper(),
            connect_timeout=_REQUEST_TIMEOUT_MS,
            read_timeout=_REQUEST_TIMEOUT_MS,
        )
    )


@contextmanager
def translate_fc_errors() -> Iterator[None]:
    """Translates the SDK's errors into ours. The originals are dropped: they may hold headers."""
    try:
        yield
    except UnretryableException:
        raise errors.ServiceUnavailableError("Function Compute can't be reached") from None
    except TeaException as error:
        raise build_error(error.statusCode or 0, error.code or "") from None
