"""Who signed a form: the policy's signature among its fields, versions 1 and 4."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.auth.clock import iso_date, refuse_expired, refuse_future
from facescreen_local.auth.credentials import Keyring, compare
from facescreen_local.oss.authentication import LONGEST_V4_S
from facescreen_local.oss.errors import invalid_argument, private
from facescreen_local.oss.signature import ALGORITHM_V4, signature_of_text_v4, signature_v1

_V1 = ("OSSAccessKeyId", "Signature", "policy")
_V4 = ("x-oss-credential", "x-oss-date", "x-oss-signature", "policy")
_TOKEN = "x-oss-security-token"  # noqa: S105


def check_form_signature(keyring: Keyring, fields: Mapping[str, str]) -> None:
    """Field names count in any case. What the policy says is not looked at. Raises OssError."""
    if fields.get("x-oss-signature-version") == ALGORITHM_V4:
        _check_v4(keyring, fields)
    elif any(name in fields for name in _V1):
        _check_v1(keyring, fields)
    else:
        raise private()


def required_field(fields: Mapping[str, str], name: str) -> str:
    """Raises OssError InvalidArgument."""
    if name not in fields:
        text = (
            f"Bucket POST must contain a field named '{name}'. "
            "If it is specified, please check the order of the fields."
        )
        raise invalid_argument(name, "", text)
    return fields[name]


def _check_v1(keyring: Keyring, fields: Mapping[str, str]) -> None:
    key_id, signature, policy = (required_field(fields, name) for name in _V1)
    secret = keyring.secret(key_id, fields.get(_TOKEN, ""))
    compare(signature, signature_v1(secret, policy.encode()))


def _check_v4(keyring: Keyring, fields: Mapping[str, str]) -> None:
    credential, moment, signature, policy = (required_field(fields, name) for name in _V4)
    signed_at = iso_date(moment)
    refuse_future(signed_at)
    refuse_expired(signed_at + LONGEST_V4_S)
    key_id, scope = keyring.scope(credential, moment)
    secret = keyring.secret(key_id, fields.get(_TOKEN, ""))
    compare(signature, signature_of_text_v4(secret, scope, policy))
