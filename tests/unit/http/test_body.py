"""JSON that two parsers could read differently is refused."""

from __future__ import annotations

import pytest

from facescreen.http.body import parse_submission
from facescreen.http.problems import HttpError


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"url": "https://a.example/", "url": "https://b.example/"}', "'url' appears twice"),
        (b'{"object": {"bucket": "selfies", "key": "a", "key": "b"}}', "'key' appears twice"),
        (b'{"object": {"bucket": "selfies", "key": "a"}, "write_back": NaN}', "not valid JSON"),
        (b'{"base64": -Infinity}', "not valid JSON"),
        (b'{"base64": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"object":' * 100_000, "not valid JSON"),
        (b'{"base64": "AAAA\\nAAAA"}', "not valid Base64"),
        (b'{"base64": "AAA"}', "not valid Base64"),
    ],
)
def test_ambiguous_json_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(HttpError, match=message):
        parse_submission(body, "application/json", "oss")
