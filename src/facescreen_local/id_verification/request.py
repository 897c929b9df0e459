"""The parameters of a request, by where it says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from facescreen_local.id_verification.errors import IdVerificationError

_MOST_PARAMETERS = 32


@dataclass(frozen=True)
class Parameters:
    """What a request says, by where it says it."""

    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)

    @property
    def anywhere(self) -> dict[str, str]:
        """Both; the form's where a name stands in both."""
        return {**self.query, **self.form}


def pairs(encoded: str) -> list[tuple[str, str]]:
    """The parameters of a query or a form, in its order. Raises IdVerificationError."""
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        text = f"More than {_MOST_PARAMETERS} parameters."
        raise IdVerificationError("InvalidParameter", text) from None
