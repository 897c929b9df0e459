"""The names that callers may use."""

from __future__ import annotations

import pytest

from facescreen.errors import InvalidRequestError
from facescreen.storage.keys import parse_object_ref


@pytest.mark.parametrize("key", [".", ".."])
def test_a_key_that_http_clients_take_for_the_bucket_is_refused(key: str) -> None:
    """A request for it would read or tag the bucket instead of the object."""
    with pytest.raises(InvalidRequestError, match="take that for the bucket"):
        parse_object_ref("oss", "selfies", key)


@pytest.mark.parametrize("key", ["...", "a/..", "./a", ".hidden"])
def test_other_keys_with_dots_are_accepted(key: str) -> None:
    assert parse_object_ref("oss", "selfies", key).key == key
