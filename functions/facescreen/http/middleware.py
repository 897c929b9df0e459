"""One HTTP request as the routes read it, from Powertools' view of a function URL event."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from facescreen.http.body import LARGEST_BODY
from facescreen.http.problems import HttpError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Request:
    """Header names in lower case; a query parameter has one value."""

    def __init__(self, event: LambdaFunctionUrlEvent) -> None:
        self._event = event
        self.headers = {name.lower(): value for name, value in (event.headers or {}).items()}
        self._query = dict(event.query_string_parameters or {})

    @property
    def request_id(self) -> str:
        """The caller's own id, or the platform's."""
        given = self.headers.get("x-request-id", "")
        return given if _ID.fullmatch(given) else str(self._event.request_context.request_id)

    def check_ids(self) -> None:
        """Raises HttpError where an id that the caller gave can't be echoed or kept."""
        for name in ("X-Request-Id", "Idempotency-Key"):
            given = self.headers.get(name.lower())
            if given is not None and not _ID.fullmatch(given):
                raise HttpError(
                    400,
                    "InvalidHeader",
                    f"{name} must be 1 to 128 letters, digits or . _ : -",
                    "Send another, or leave it out.",
                )

    @property
    def idempotency_key(self) -> str:
        """Empty where none was given."""
        return self.headers.get("idempotency-key", "")

    def body(self) -> bytes:
        """Raises HttpError for more than LARGEST_BODY, before it is decoded."""
        text = self._event.body or ""
        encoded = bool(self._event.is_base64_encoded)
        if len(text) > (LARGEST_BODY * 4 // 3 + 4 if encoded else LARGEST_BODY):
            raise HttpError(
                413,
                "ContentTooLarge",
                f"a body may have at most {LARGEST_BODY} bytes",
                "Put larger files into the bucket, and ask for the object.",
            )
        if not encoded:
            return text.encode(errors="surrogatepass")
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise HttpError(
                400, "InvalidBody", "the event's body is not Base64", "Send it again."
            ) from None

    def query(self, name: str, default: str | None = None) -> str:
        """One parameter. Raises HttpError where it is missing and there is no default."""
        value = self._query.get(name, default)
        if value is None:
            raise _bad(f"{name} is missing")
        return value

    def text(self, name: str, most: int) -> str:
        """A text of up to `most` characters in the query; empty where it is missing."""
        value = self.query(name, "")
        if len(value) > most:
            raise _bad(f"{name} may have at most {most} characters")
        return value

    def number(self, name: str, least: int, most: int, default: int) -> int:
        """A whole number in the query."""
        text = self.query(name, str(default))
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise _bad(f"{name} must be a whole number from {least} to {most}")
        return int(text)

    def only(self, *names: str) -> None:
        """Raises HttpError for any other query parameter: a misspelt filter filters nothing."""
        unknown = sorted(set(self._query) - set(names))
        if unknown:
            raise _bad(f"{unknown[0][:40]!r} is not a parameter here")


def _bad(detail: str) -> HttpError:
    return HttpError(400, "InvalidParameter", detail, "GET /openapi.json says what is taken.")
