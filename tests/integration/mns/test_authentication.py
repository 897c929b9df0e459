"""Authentication: signatures, STS tokens and clock differences."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from facescreen_local.auth.account import AccessKey
from mns.queue import Message
from tests.integration.mns.conftest import MnsCloud, raises_mns_error

PATH = "/queues/of-authentication/messages?peekonly=true"


@pytest.fixture
def token(cloud: MnsCloud) -> AccessKey:
    return cloud.local_account.issue_temporary_key()


def date(seconds_off: float = 0) -> str:
    moment = time.gmtime(time.time() + seconds_off)
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", moment)


def sign_headers(
    account: Any, method: str = "GET", path: str = PATH, **headers: str
) -> dict[str, str]:
    """Sign with the SDK's signer. `headers` override the usual ones."""
    client = account.get_client()
    defaults = {"date": date(), "x-mns-version": "2015-06-06"}
    signed_headers = {
        **defaults,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    credentials = client.credentials_provider.get_credentials()
    signed_headers["Authorization"] = client.get_signature(
        method, signed_headers, path, credentials
    )
    return signed_headers


def status_and_code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_temporary_key_is_accepted(cloud: MnsCloud, queue: Any, token: AccessKey) -> None:
    with cloud.account(token) as function:
        mine = function.get_queue(queue.queue_name)
        mine.send_message(Message("m"))
        assert mine.receive_message().message_body == b"m"


def test_a_wrong_secret_is_refused(cloud: MnsCloud, queue: Any) -> None:
    key = replace(cloud.local_account.key, access_key_secret="guessed")
    with cloud.account(key) as stranger, raises_mns_error("SignatureDoesNotMatch"):
        stranger.get_queue(queue.queue_name).send_message(Message("m"))


def test_an_unknown_key_is_refused(cloud: MnsCloud, queue: Any) -> None:
    key = replace(cloud.local_account.key, access_key_id="nobody")
    with cloud.account(key) as stranger, raises_mns_error("InvalidAccessKeyId"):
        stranger.get_queue(queue.queue_name).send_message(Message("m"))


@pytest.mark.parametrize(
    ("presented", "code"), [("CAISother", "InvalidSecurityToken"), ("", "InvalidAccessKeyId")]
)
def test_a_wrong_token_is_refused(
    cloud: MnsCloud, queue: Any, token: AccessKey, presented: str, code: str
) -> None:
    with (
        cloud.account(replace(token, security_token=presented)) as stranger,
        raises_mns_error(code),
    ):
        stranger.get_queue(queue.queue_name).send_message(Message("m"))


@pytest.mark.parametrize("off_s", [-16 * 60, 16 * 60])
def test_a_clock_difference_over_15_minutes_is_refused(
    account: Any, web: httpx.Client, off_s: float
) -> None:
    response = web.get(PATH, headers=sign_headers(account, date=date(off_s)))
    assert status_and_code(response) == (408, "TimeExpired")


@pytest.mark.parametrize("off_s", [-14 * 60, 14 * 60])
def test_a_clock_difference_under_15_minutes_is_accepted(
    account: Any, web: httpx.Client, off_s: float
) -> None:
    response = web.get(PATH, headers=sign_headers(account, date=date(off_s)))
    assert status_and_code(response) == (404, "QueueNotExist")


def test_a_signature_covers_method_path_and_headers(account: Any, web: httpx.Client) -> None:
    headers = sign_headers(account, x_mns_prefix="a")
    assert status_and_code(web.get(PATH, headers=headers))[0] == 404
    for tampered in (
        web.delete(PATH, headers=headers),
        web.get(PATH + "&numOfMessages=2", headers=headers),
        web.get(PATH, headers={**headers, "x-mns-prefix": "b"}),
        web.get(PATH, headers={**headers, "x-mns-marker": "b"}),
        web.get(PATH, headers={**headers, "content-type": "text/xml"}),
        web.get(PATH, headers={**headers, "date": date(-60)}),
    ):
        assert status_and_code(tampered) == (403, "SignatureDoesNotMatch")


def test_a_body_with_a_wrong_md5_is_refused(account: Any, web: httpx.Client) -> None:
    path = "/queues/of-authentication"
    headers = sign_headers(account, "PUT", path, content_md5="MDAw", content_type="text/xml")
    response = web.put(path, content=b"<Queue/>", headers=headers)
    assert status_and_code(response) == (400, "InvalidDegist")


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"Authorization": None}, (400, "MissingAuthorizationHeader")),
        ({"Authorization": "Bearer x"}, (400, "InvalidAuthorizationHeader")),
        ({"Authorization": "MNS :x"}, (400, "InvalidAuthorizationHeader")),
        ({"Authorization": "MNS nobody:x"}, (403, "InvalidAccessKeyId")),
        ({"date": None}, (400, "MissingDateHeader")),
        ({"date": "yesterday"}, (400, "InvalidDateHeader")),
        ({"date": "Mon, 99 Feb 99999 25:61:61 GMT"}, (400, "InvalidDateHeader")),
        ({"x-mns-version": "2014-07-08"}, (400, "InvalidVersionHeader")),
    ],
)
def test_malformed_headers_are_refused(
    account: Any, web: httpx.Client, overrides: dict[str, str | None], expected: tuple[int, str]
) -> None:
    headers = {**sign_headers(account), **overrides}
    sent = {name: value for name, value in headers.items() if value is not None}
    assert status_and_code(web.get(PATH, headers=sent)) == expected


def test_a_signature_that_is_not_text_is_refused(
    cloud: MnsCloud, account: Any, web: httpx.Client
) -> None:
    key_id = cloud.local_account.key.access_key_id.encode()
    headers = [(name.encode(), value.encode()) for name, value in sign_headers(account).items()]
    forged = [(b"Authorization", b"MNS " + key_id + b":\xff\xc3\xa9")]
    unsigned = [pair for pair in headers if pair[0] != b"Authorization"]
    assert status_and_code(web.get(PATH, headers=unsigned + forged)) == (
        403,
        "SignatureDoesNotMatch",
    )
