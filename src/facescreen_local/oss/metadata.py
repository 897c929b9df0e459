"""A write's headers, or the fields of its form, as far as they belong to the object."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.oss.errors import OssError, invalid_argument, not_implemented
from facescreen_local.oss.store.contents import DEFAULT, PRIVATE, PUBLIC_READ, Metadata
from facescreen_local.oss.tag_rules import tags_of_header

LARGEST_USER_METADATA = 8 * 1024
OBJECT_ACL = "x-oss-object-acl"

_USER = "x-oss-meta-"
_STANDARD = (
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Type",
    "Expires",
)
_DEFAULTS = {"Content-Type": "application/octet-stream"}
_ENCRYPTION = "x-oss-server-side-encryption"
_ENCRYPTION_OPTIONS = (f"{_ENCRYPTION}-key-id", "x-oss-server-side-data-encryption")
_ALGORITHMS = ("AES256", "KMS", "SM4")


def metadata_of(headers: Mapping[str, str]) -> Metadata:
    """Names count in any case. Raises OssError InvalidArgument, InvalidTag and the like."""
    tags = tags_of_header(headers.get("x-oss-tagging"))
    return Metadata(kept_headers(headers), tags, acl_of(headers), encryption_of(headers))


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those to give back on reading. Raises OssError InvalidArgument."""
    standard = {name: headers[name] for name in _STANDARD if name in headers}
    lower = {name.lower(): value for name, value in headers.items()}
    user = {name: value for name, value in lower.items() if name.startswith(_USER)}
    if sum(len(name) + len(value) for name, value in user.items()) > LARGEST_USER_METADATA:
        text = f"User metadata may hold {LARGEST_USER_METADATA} bytes at most."
        raise invalid_argument(_USER, "", text)
    return {**_DEFAULTS, **_printable({**standard, **user})}


def acl_of(headers: Mapping[str, str]) -> str:
    """The access that the object itself grants. Raises OssError InvalidArgument."""
    acl = headers.get(OBJECT_ACL, DEFAULT)
    if acl == "public-read-write":
        raise not_implemented(f"{OBJECT_ACL}: {acl}")
    if acl not in (DEFAULT, PRIVATE, PUBLIC_READ):
        raise invalid_argument(OBJECT_ACL, "", "No such object access control exists.")
    return acl


def encryption_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Accepted and told, nothing more: local files are as safe as the disk that they are on.

    Raises OssError InvalidEncryptionAlgorithmError.
    """
    algorithm = headers.get(_ENCRYPTION)
    if algorithm is None:
        return {}
    if algorithm not in _ALGORITHMS:
        text = "The encryption request you specified is not valid."
        raise OssError(400, "InvalidEncryptionAlgorithmError", text)
    options = {name: headers[name] for name in _ENCRYPTION_OPTIONS if name in headers}
    return {_ENCRYPTION: algorithm, **_printable(options)}


def _printable(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not value.isprintable():
            raise invalid_argument(name, "", f"The value of {name} must be printable UTF-8.")
    return headers
