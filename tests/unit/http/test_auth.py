"""Which bearer tokens are accepted."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from facescreen.errors import InvalidSettingsError
from facescreen.http.auth import TokenVerifier
from facescreen.http.problems import HttpError
from facescreen.settings.loader import load_settings
from facescreen.settings.table import HttpSettings, TokenSettings

KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
JWK_WRITERS: dict[str, Callable[[Any], str]] = {
    "RS256": RSAAlgorithm.to_jwk,
    "ES256": ECAlgorithm.to_jwk,
    "EdDSA": OKPAlgorithm.to_jwk,
}


def key_set() -> str:
    keys = [
        {**json.loads(JWK_WRITERS[name](key.public_key())), "kid": name, "alg": name}
        for name, key in KEYS.items()
    ]
    return json.dumps({"keys": keys})


TOKENS = TokenVerifier(TokenSettings(key_set(), "https://login.example", "facescreen"))


def token(name: str = "RS256", key: Any = None, kid: str | None = None, **claims: Any) -> str:
    now = time.time()
    claims_with_defaults = {
        "iss": "https://login.example",
        "aud": "facescreen",
        "exp": now + 60,
        **claims,
    }
    present_claims = {
        claim: value for claim, value in claims_with_defaults.items() if value is not None
    }
    headers = {"kid": name if kid is None else kid}
    return jwt.encode(present_claims, key or KEYS[name], algorithm=name, headers=headers)


def check_header(value: str) -> None:
    TOKENS.verify({"authorization": value})


@pytest.mark.parametrize("name", KEYS)
def test_a_valid_token_is_accepted(name: str) -> None:
    check_header(f"Bearer {token(name)}")
    check_header(f"bearer {token(name, aud=['other', 'facescreen'])}")


def test_the_caller_is_the_issuer_and_the_subject() -> None:
    def read_caller(**claims: str) -> str:
        return TOKENS.verify({"authorization": f"Bearer {token(**claims)}"})

    assert read_caller(sub="alice") == '["https://login.example", "alice"]'
    assert read_caller(sub="alice", jti="another token") == read_caller(sub="alice")
    assert read_caller(sub="bob") != read_caller(sub="alice")
    assert read_caller() == '["https://login.example", ""]'


def signed_with_another_key() -> str:
    return token(key=rsa.generate_private_key(65537, 2048))


def without_signature() -> str:
    claims = {"iss": "https://login.example", "aud": "facescreen", "exp": time.time() + 60}
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "RS256"})


def signed_with_the_public_key_as_secret() -> str:
    """A known attack: an HMAC signature whose secret is the public key."""
    _, claims, _ = token().split(".")
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"RS256"}').decode().rstrip("=")
    secret = JWK_WRITERS["RS256"](KEYS["RS256"].public_key()).encode()
    signature = hmac.digest(secret, f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "make_token",
    [
        signed_with_another_key,
        without_signature,
        signed_with_the_public_key_as_secret,
        lambda: token(kid="nobody"),
        lambda: token(kid=""),
        lambda: token(kid="ES256"),
        lambda: token(exp=time.time() - 60),
        lambda: token(exp=None),
        lambda: token(nbf=time.time() + 600),
        lambda: token(iss="https://evil.example"),
        lambda: token(iss=None),
        lambda: token(aud="other"),
        lambda: token(aud=None),
        lambda: token()[:-4] + "AAAA",
        lambda: "not.a.token",
        lambda: "\udc80.a.b",
        lambda: "x" * 100_000,
        lambda: "",
    ],
)
def test_an_invalid_token_is_refused(make_token: Callable[[], str]) -> None:
    with pytest.raises(HttpError) as raised:
        check_header(f"Bearer {make_token()}")
    problem = raised.value.problem
    assert (problem.status, problem.code) == (401, "Unauthorized")
    assert problem.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("value", ["", "Basic YTpi", "Bearer", "Token x"])
def test_a_request_without_a_bearer_token_is_refused(value: str) -> None:
    with pytest.raises(HttpError, match="no bearer token"):
        check_header(value)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"HTTP_AUTH": "anonymous"}, "lets anyone spend your money"),
        ({"HTTP_AUTH": "jwt"}, "HTTP_AUTH must be one of: function, anonymous"),
        ({"JWT_JWKS": key_set()}, "bearer tokens need JWT_ISSUER, JWT_AUDIENCE too"),
        (
            {"JWT_JWKS": '{"keys": []}', "JWT_ISSUER": "i", "JWT_AUDIENCE": "a"},
            "JWT_JWKS must be a JSON Web Key Set",
        ),
        (
            {
                "JWT_JWKS": '{"keys": [{"kid": "a", "kty": "oct", "k": "AA"}]}',
                "JWT_ISSUER": "i",
                "JWT_AUDIENCE": "a",
            },
            "of public keys",
        ),
        ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS must be origins"),
        ({"URL_ALLOWED_ORIGINS": "https://a.example/path"}, "URL_ALLOWED_ORIGINS must be"),
        ({"HTTP_LONGEST_SECONDS": "0"}, "HTTP_LONGEST_SECONDS must be a number from 5 to 600"),
        ({"PAGE": "maybe"}, "PAGE must be true or false"),
    ],
)
def test_an_invalid_setting_is_named_in_the_error(
    environment: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidSettingsError, match=message):
        load_settings(HttpSettings, environment)


@pytest.mark.parametrize(
    "key",
    [
        {"kid": "a", "kty": "RSA", "n": "!!", "e": "AQAB"},
        {"kid": "a", "kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
    ],
)
def test_a_key_set_without_a_usable_key_is_an_invalid_setting(key: dict[str, str]) -> None:
    settings = TokenSettings(json.dumps({"keys": [key]}), "i", "a")
    with pytest.raises(InvalidSettingsError, match="JWT_JWKS has no usable key"):
        TokenVerifier(settings)


def test_key_ids_must_be_unique_strings() -> None:
    keys_with_one_id = [{**key, "kid": "a"} for key in json.loads(key_set())["keys"]]
    for keys in (keys_with_one_id, [{**keys_with_one_id[0], "kid": 7}]):
        environment = {
            "JWT_JWKS": json.dumps({"keys": keys}),
            "JWT_ISSUER": "i",
            "JWT_AUDIENCE": "a",
        }
        with pytest.raises(InvalidSettingsError, match="each with a unique kid"):
            load_settings(HttpSettings, environment)


def test_an_anonymous_trigger_needs_the_local_cloud_or_tokens() -> None:
    anonymous = {"HTTP_AUTH": "anonymous"}
    assert (
        load_settings(HttpSettings, {**anonymous, "FACESCREEN_LOCAL": "true"}).token_settings
        is None
    )
    tokens = {"JWT_JWKS": key_set(), "JWT_ISSUER": "i", "JWT_AUDIENCE": "a"}
    assert load_settings(HttpSettings, {**anonymous, **tokens}).token_settings is not None
