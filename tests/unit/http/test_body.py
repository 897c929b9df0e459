"""JSON that two readers could read differently is refused, not guessed at."""

from __future__ import annotations

import pytest

from facescreen.http.body import parse_submission
from facescreen.http.problems import HttpError


@pytest.mark.parametrize(
    ("body", "says"),
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
def test_ambiguous_json_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(HttpError, match=says):
        parse_submission(body, "application/json", "oss")
