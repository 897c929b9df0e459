"""A request's parameters in its query and its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from facescreen_local.id_verification.errors import IdVerificationError

_MAX_PARAMETERS = 32


@dataclass(frozen=True)
class RequestParameters:
    """A request's parameters, by location."""

    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)

    @property
    def merged(self) -> dict[str, str]:
        """All parameters; the form takes precedence."""
        return {**self.query, **self.form}


def parse_parameters(encoded: str) -> list[tuple[str, str]]:
    """Parse the parameters of a query or a form, in order. Raises IdVerificationError."""
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        message = f"More than {_MAX_PARAMETERS} parameters."
        raise IdVerificationError("InvalidParameter", message) from None
