"""JSON that two readers could read differently is refused, not guessed at."""

from __future__ import annotations

import pytest

from facescreen.http.body import read_submission
from facescreen.http.problems import HttpError


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"url": "https://a.example/", "url": "https://b.example/"}', "'url' is given twice"),
        (b'{"object": {"bucket": "selfies", "key": "a", "key": "b"}}', "'key' is given twice"),
        (b'{"object": {"bucket": "selfies", "key": "a"}, "write_back": NaN}', "not JSON"),
        (b'{"base64": -Infinity}', "not JSON"),
        (b'{"base64": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"object":' * 100_000, "not JSON"),
        (b'{"base64": "AAAA\\nAAAA"}', "not Base64"),
        (b'{"base64": "AAA"}', "not Base64"),
    ],
)
def test_ambiguous_json_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(HttpError, match=says):
        read_submission(body, "application/json", "oss")
