"""An AccessKey in Secrets Manager, emulated by moto."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.secrets_manager import SecretsManagerCredentials
from facescreen.errors import InvalidCredentialsError, ServiceUnavailableError
from tests.support.fake_clock import FakeClock
from tests.support.moto_server import moto_server
from tests.support.stub_server import stub_server

REGION = "eu-central-1"
ARN = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:alibaba-abcdef"
KEY = {"access_key_id": "LTAI1", "access_key_secret": "s3cret"}
ROTATED_KEY = {"access_key_id": "LTAI2", "access_key_secret": "another"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A separate moto process, because a reset would empty the accounts of other tests."""
    with moto_server() as endpoint:
        yield endpoint


class OperatorAccount:
    """The operator's access to the secret."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.secrets = boto3.client("secretsmanager", region_name=REGION)

    def create(self, value: str) -> str:
        """Create the secret and return its ARN."""
        return str(self.secrets.create_secret(Name="alibaba", SecretString=value)["ARN"])

    def put(self, value: dict[str, str]) -> None:
        self.secrets.put_secret_value(SecretId="alibaba", SecretString=json.dumps(value))

    def delete(self) -> None:
        self.secrets.delete_secret(SecretId="alibaba", ForceDeleteWithoutRecovery=True)

    def reset(self) -> None:
        httpx.post(f"{self.endpoint}/moto-api/reset").raise_for_status()


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorAccount]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAFACESCREEN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    # Not the secret's region.
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    account = OperatorAccount(endpoint)
    yield account
    account.reset()


@pytest.mark.parametrize("token", ["", "CAIS+/=="])
def test_the_key_is_read_from_the_secret(token: str, account: OperatorAccount) -> None:
    secret_arn = account.create(json.dumps({**KEY, "security_token": token}))
    assert SecretsManagerCredentials(secret_arn).get() == Credentials("LTAI1", "s3cret", token)


def test_a_rotated_key_is_used_after_five_minutes(account: OperatorAccount) -> None:
    clock = FakeClock(1_800_000_000.0)
    source = SecretsManagerCredentials(account.create(json.dumps(KEY)), clock=clock)
    assert source.get().access_key_id == "LTAI1"
    account.put(ROTATED_KEY)
    clock.now += 299
    assert source.get().access_key_id == "LTAI1"
    clock.now += 1
    assert source.get() == Credentials("LTAI2", "another")


def test_the_old_key_is_used_for_an_hour_while_the_secret_cannot_be_read(
    account: OperatorAccount, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock(1_800_000_000.0)
    source = SecretsManagerCredentials(account.create(json.dumps(KEY)), clock=clock)
    source.get()
    account.delete()
    clock.now += 3599
    assert source.get().access_key_id == "LTAI1"
    assert "the old ones are used: BadCredentials" in caplog.text
    assert "LTAI1" not in caplog.text
    clock.now += 61
    with pytest.raises(InvalidCredentialsError, match="check ALIBABA_SECRET_ARN"):
        source.get()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("LTAI1:s3cret", "is not a JSON object"),
        ('["LTAI1", "s3cret"]', "is not a JSON object"),
        ("[" * 5000 + '"s3cret"', "is not a JSON object"),
        ('{"access_key_secret": "s3cret"}', "access_key_id is missing or empty"),
        ('{"access_key_id": "LTAI1", "Secret": "s3cret"}', "access_key_secret is missing or empty"),
        ('{"access_key_id": 1, "access_key_secret": "s3cret"}', "access_key_id is not a string"),
        (
            '{"access_key_id": "LTAI1", "access_key_secret": "s3cret\\n"}',
            "access_key_secret is not a string of printable ASCII without spaces",
        ),
        (json.dumps({**KEY, "security_token": {"s3cret": 1}}), "security_token is not a string"),
    ],
)
def test_an_invalid_secret_is_reported_without_its_content(
    value: str, message: str, account: OperatorAccount
) -> None:
    source = SecretsManagerCredentials(account.create(value))
    with pytest.raises(InvalidCredentialsError, match=message) as raised:
        source.get()
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))
    assert all(not _has_text(error, "s3cret") for error in _error_chain(raised.value))


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDeniedException", "role secretsmanager:GetSecretValue"),
        ("DecryptionFailure", "role kms:Decrypt"),
        ("InvalidRequestException", "restore the secret"),
        ("ValidationException", "rejected the request: as AWS says it; code"),
    ],
)
def test_an_error_response_says_what_to_do(
    code: str, advice: str, account: OperatorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"__type": code, "Message": "as AWS says it"}).encode()
    with stub_server(aws=(400, body)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"{server.url}/aws")
        with pytest.raises(InvalidCredentialsError, match=advice) as raised:
            SecretsManagerCredentials(ARN).get()
    assert raised.value.code == code


def test_a_throttled_request_raises_a_transient_error(
    account: OperatorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"__type": "ThrottlingException", "Message": "slower"}'
    with stub_server(aws=(400, body)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"{server.url}/aws")
        with pytest.raises(ServiceUnavailableError):
            SecretsManagerCredentials(ARN).get()


def _error_chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _has_text(error: BaseException, text: str) -> bool:
    attributes: dict[str, Any] = {name: getattr(error, name, "") for name in ("doc", "args")}
    return text in repr(attributes)
