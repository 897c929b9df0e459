"""What a raw request asks for: a resource, and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

# Parameters that turn a request into another operation, whether this service has it or not:
# `PUT /key?acl` must never be taken for a PutObject.
SUBRESOURCES = frozenset(
    [
        "accessPoint",
        "accessPointPolicy",
        "acl",
        "append",
        "asyncFetch",
        "bucketArchiveDirectRead",
        "bucketInfo",
        "cname",
        "comp",
        "cors",
        "delete",
        "encryption",
        "httpsConfig",
        "inventory",
        "lifecycle",
        "link",
        "live",
        "location",
        "logging",
        "metaQuery",
        "objectInfo",
        "objectMeta",
        "policy",
        "publicAccessBlock",
        "qos",
        "qosInfo",
        "qosRequester",
        "redundancyTransition",
        "referer",
        "regionList",
        "replication",
        "replicationLocation",
        "replicationProgress",
        "requestPayment",
        "requesterQosInfo",
        "resourceGroup",
        "resourcePool",
        "resourcePoolBuckets",
        "resourcePoolInfo",
        "restore",
        "stat",
        "status",
        "style",
        "symlink",
        "tagging",
        "transferAcceleration",
        "uploadId",
        "uploads",
        "versioning",
        "versions",
        "vod",
        "website",
        "worm",
        "wormExtend",
        "wormId",
        "x-oss-async-process",
        "x-oss-write-get-object-response",
    ]
)


@dataclass(frozen=True)
class Target:
    """A request's path and query, decoded. Bytes that are not UTF-8 stay as lone surrogates."""

    bucket: str
    key: str
    query: tuple[tuple[str, str], ...]

    def parameter(self, name: str) -> str | None:
        """A query parameter's value; None if it is not there."""
        return next((value for key, value in self.query if key == name), None)

    @property
    def resource(self) -> str:
        """``/``, ``/bucket`` or ``/bucket/key``."""
        if self.key:
            return "/bucket/key"
        return "/bucket" if self.bucket else "/"

    @property
    def subresource(self) -> str:
        """The parameter that names the operation; empty for a plain request."""
        return next((name for name, _ in self.query if name in SUBRESOURCES), "")

    def subresources(self, headers: Mapping[str, str], known: Iterable[str]) -> list[str]:
        """Those to look an operation up by, the most particular first: the request's own with each
        header or parameter of it that some `known` sub-resource has, then its own alone."""
        words = {word for subresource in known for word in subresource.split("&")} - SUBRESOURCES
        parameters = {f"{name}={value}" for name, value in self.query}
        sent = sorted(word for word in words if word in headers or word in parameters)
        own = self.subresource
        return [*(f"{own}&{word}" if own else word for word in sent), own]


def target_of(raw_path: str) -> Target:
    """Splits ``/bucket/key?query``. Only the first ``/`` divides: the key may hold any more."""
    path, _, query = raw_path.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    # A plus sign is a space in a query and itself in a path.
    return Target(_decoded(bucket), _decoded(key), tuple(pairs))


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")
