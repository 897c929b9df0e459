"""A request's target: the resource and the parameters that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

# Parameters that select another operation, including those that this service does not have:
# `PUT /key?acl` must never be handled as PutObject.
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
class OssRequestTarget:
    """A request's path and query, decoded. Bytes that are not UTF-8 become lone surrogates."""

    bucket: str
    key: str
    query: tuple[tuple[str, str], ...]

    def get_parameter(self, name: str) -> str | None:
        """Return a query parameter, None if it is absent."""
        return next((value for key, value in self.query if key == name), None)

    @property
    def resource(self) -> str:
        """``/``, ``/bucket`` or ``/bucket/key``."""
        if self.key:
            return "/bucket/key"
        return "/bucket" if self.bucket else "/"

    @property
    def subresource(self) -> str:
        """The parameter that selects the operation; empty if there is none."""
        return next((name for name, _ in self.query if name in SUBRESOURCES), "")

    def find_subresources(self, headers: Mapping[str, str], known: Iterable[str]) -> list[str]:
        """Return the subresources to look up, the most specific first.

        They are the request's own subresource combined with each of its headers or parameters that
        occurs in a `known` subresource, then its own alone.
        """
        selectors = {name for subresource in known for name in subresource.split("&")}
        parameters = {f"{name}={value}" for name, value in self.query}
        sent = sorted(
            selector
            for selector in selectors - SUBRESOURCES
            if selector in headers or selector in parameters
        )
        own = self.subresource
        return [*(f"{own}&{selector}" if own else selector for selector in sent), own]


def parse_target(raw_path: str) -> OssRequestTarget:
    """Parse ``/bucket/key?query``. The key can contain slashes."""
    path, _, query = raw_path.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    # A plus sign is a space in a query and a plus sign in a path.
    return OssRequestTarget(
        _decode_percent_encoding(bucket), _decode_percent_encoding(key), tuple(pairs)
    )


def _decode_percent_encoding(text: str) -> str:
    return unquote(text, errors="surrogateescape")
