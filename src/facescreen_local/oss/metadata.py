"""Reads an object's metadata from the headers of a write or the fields of a form."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.oss.errors import OssError, invalid_argument_error, not_implemented_error
from facescreen_local.oss.store.contents import (
    DEFAULT_ACL,
    PRIVATE_ACL,
    PUBLIC_READ_ACL,
    ObjectMetadata,
)
from facescreen_local.oss.tag_rules import parse_tagging_header

MAX_USER_METADATA_BYTES = 8 * 1024
OBJECT_ACL_HEADER = "x-oss-object-acl"

_USER_PREFIX = "x-oss-meta-"
_STANDARD_HEADERS = (
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Type",
    "Expires",
    "x-oss-website-redirect-location",
)
_DEFAULT_HEADERS = {"Content-Type": "application/octet-stream"}
_ENCRYPTION_HEADER = "x-oss-server-side-encryption"
_ENCRYPTION_OPTION_HEADERS = (f"{_ENCRYPTION_HEADER}-key-id", "x-oss-server-side-data-encryption")
_ENCRYPTION_ALGORITHMS = ("AES256", "KMS", "SM4")


def parse_metadata(headers: Mapping[str, str]) -> ObjectMetadata:
    """Parse all metadata; names ignore case. Raises OssError InvalidArgument, InvalidTag etc."""
    tags = parse_tagging_header(headers.get("x-oss-tagging"))
    return ObjectMetadata(
        select_object_headers(headers), tags, parse_acl(headers), parse_encryption(headers)
    )


def select_object_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers to store and to return on reads. Raises OssError InvalidArgument."""
    standard_headers = {name: headers[name] for name in _STANDARD_HEADERS if name in headers}
    lowercase_headers = {name.lower(): value for name, value in headers.items()}
    user_metadata = {
        name: value for name, value in lowercase_headers.items() if name.startswith(_USER_PREFIX)
    }
    if (
        sum(len(name) + len(value) for name, value in user_metadata.items())
        > MAX_USER_METADATA_BYTES
    ):
        message = f"User metadata may hold {MAX_USER_METADATA_BYTES} bytes at most."
        raise invalid_argument_error(_USER_PREFIX, "", message)
    return {**_DEFAULT_HEADERS, **_require_printable({**standard_headers, **user_metadata})}


def parse_acl(headers: Mapping[str, str]) -> str:
    """Return the object's own ACL. Raises OssError InvalidArgument."""
    acl = headers.get(OBJECT_ACL_HEADER, DEFAULT_ACL)
    if acl == "public-read-write":
        raise not_implemented_error(f"{OBJECT_ACL_HEADER}: {acl}")
    if acl not in (DEFAULT_ACL, PRIVATE_ACL, PUBLIC_READ_ACL):
        raise invalid_argument_error(OBJECT_ACL_HEADER, "", "No such object access control exists.")
    return acl


def parse_encryption(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the encryption headers, which are stored and returned; nothing is encrypted here.

    Raises OssError InvalidEncryptionAlgorithmError.
    """
    algorithm = headers.get(_ENCRYPTION_HEADER)
    if algorithm is None:
        return {}
    if algorithm not in _ENCRYPTION_ALGORITHMS:
        message = "The encryption request you specified is not valid."
        raise OssError(400, "InvalidEncryptionAlgorithmError", message)
    options = {name: headers[name] for name in _ENCRYPTION_OPTION_HEADERS if name in headers}
    return {_ENCRYPTION_HEADER: algorithm, **_require_printable(options)}


def _require_printable(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not value.isprintable():
            raise invalid_argument_error(name, "", f"The value of {name} must be printable UTF-8.")
    return headers
