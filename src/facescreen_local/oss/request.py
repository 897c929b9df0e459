"""What a raw request asks for: bucket, key and parameters out of its path, and the API's name."""

from __future__ import annotations

from collections.abc import Mapping
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

_SERVICE = {("GET", ""): "ListBuckets"}
_BUCKET = {
    ("GET", ""): "ListObjects",
    ("PUT", ""): "PutBucket",
    ("DELETE", ""): "DeleteBucket",
    ("POST", ""): "PostObject",
    ("POST", "delete"): "DeleteMultipleObjects",
    ("GET", "acl"): "GetBucketAcl",
    ("GET", "bucketInfo"): "GetBucketInfo",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "policy"): "GetBucketPolicy",
    ("GET", "stat"): "GetBucketStat",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "versioning"): "GetBucketVersioning",
    ("PUT", "versioning"): "PutBucketVersioning",
    ("GET", "versions"): "ListObjectVersions",
}
_OBJECT = {
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "objectMeta"): "GetObjectMeta",
    ("HEAD", "objectMeta"): "GetObjectMeta",
    ("GET", "acl"): "GetObjectACL",
    ("PUT", "acl"): "PutObjectACL",
    ("POST", "append"): "AppendObject",
    ("GET", "symlink"): "GetSymlink",
    ("PUT", "symlink"): "PutSymlink",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("DELETE", "tagging"): "DeleteObjectTagging",
    ("POST", "uploads"): "InitiateMultipartUpload",
    ("GET", "uploadId"): "ListParts",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


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
    def subresource(self) -> str:
        """The parameter that names the operation; empty for a plain request."""
        return next((name for name, _ in self.query if name in SUBRESOURCES), "")


def target_of(raw_path: str) -> Target:
    """Splits ``/bucket/key?query``. Only the first ``/`` divides: the key may hold any more."""
    path, _, query = raw_path.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    # A plus sign is a space in a query and itself in a path.
    return Target(_decoded(bucket), _decoded(key), tuple(pairs))


def operation_of(method: str, target: Target, headers: Mapping[str, str]) -> str:
    """The API's name (``PutObjectTagging``); method and sub-resource where there is none here."""
    asked = (method, target.subresource)
    if target.key:
        name = _OBJECT.get(asked)
        if name in _COPIES and "x-oss-copy-source" in headers:
            name = _COPIES[name]
    else:
        name = (_BUCKET if target.bucket else _SERVICE).get(asked)
    if name == "ListObjects" and target.parameter("list-type") == "2":
        name = "ListObjectsV2"
    return name or "?".join(part for part in asked if part)


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")
