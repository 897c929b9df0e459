"""What a function did on AWS, as IAM would be asked about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from tests.e2e.aws.cloud import Cloud
from tests.e2e.aws.function import Function

Made = tuple[str, str]
"""Action and resource."""

# "Actions, resources, and condition keys" of the Service Authorization Reference.
_OF_OBJECTS = {
    ("HEAD", ""): "GetObject",
    ("GET", ""): "GetObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("GET", "acl"): "GetObjectAcl",
    ("PUT", "acl"): "PutObjectAcl",
}
_OF_BUCKETS = {"list-type": "ListBucket", "versions": "ListBucketVersions"}


def made_by(cloud: Cloud, function: Function) -> set[Made]:
    """All that it did so far."""
    key = function.configuration.access_key
    made: set[Made] = set()
    for told in httpx.get(f"{cloud.endpoint}/requests").json():
        method, uri, authorization, source, target = json.loads(told)
        if key in uri + authorization:
            made |= set(_made(method, uri, authorization, source, target))
    return made


def _made(method: str, uri: str, authorization: str, source: str, target: str) -> Iterator[Made]:
    service = authorization.partition("/aws4_request")[0].rpartition("/")[2] or "s3"
    if service == "s3":
        yield from _of_s3(method, uri, source)
    elif target:
        yield f"{service}:{target.rpartition('.')[2]}", "*"
    else:
        yield f"{service}:Publish", "*"


def _of_s3(method: str, uri: str, source: str) -> Iterator[Made]:
    url = urlsplit(uri)
    query = parse_qs(url.query, keep_blank_values=True)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    if not key:
        (action,) = [action for name, action in _OF_BUCKETS.items() if name in query]
        yield f"s3:{action}", f"arn:aws:s3:::{bucket}"
        return
    subresource = next((name for name in ("tagging", "acl") if name in query), "")
    action = _OF_OBJECTS[method, subresource]
    yield _pinned(action, f"{bucket}/{key}", "versionId" in query)
    if source:  # with its tags, which are written as they are with an upload
        yield "s3:PutObjectTagging", f"arn:aws:s3:::{bucket}/{key}"
        named, _, version = unquote(source).lstrip("/").partition("?versionId=")
        yield _pinned("GetObject", named, bool(version))
        yield _pinned("GetObjectTagging", named, bool(version))


def _pinned(action: str, named: str, to_version: bool) -> Made:
    action = action.replace("Object", "ObjectVersion", 1) if to_version else action
    return f"s3:{action}", f"arn:aws:s3:::{named}"
