"""The IAM actions that a function performed on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from tests.e2e.aws.cloud import AwsCloud
from tests.e2e.aws.function import LambdaFunction

ActionOnResource = tuple[str, str]
"""IAM action and resource ARN."""

# "Actions, resources, and condition keys" of the Service Authorization Reference.
_OBJECT_ACTIONS = {
    ("HEAD", ""): "GetObject",
    ("GET", ""): "GetObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("GET", "acl"): "GetObjectAcl",
    ("PUT", "acl"): "PutObjectAcl",
}
_BUCKET_ACTIONS = {"list-type": "ListBucket", "versions": "ListBucketVersions"}


def actions_of(cloud: AwsCloud, function: LambdaFunction) -> set[ActionOnResource]:
    """Return every action that the function performed so far."""
    key = function.configuration.access_key
    actions: set[ActionOnResource] = set()
    for request in httpx.get(f"{cloud.endpoint}/requests").json():
        method, uri, authorization, source, target = json.loads(request)
        if key in uri + authorization:
            actions |= set(_actions_of_request(method, uri, authorization, source, target))
    return actions


def _actions_of_request(
    method: str, uri: str, authorization: str, source: str, target: str
) -> Iterator[ActionOnResource]:
    service = authorization.partition("/aws4_request")[0].rpartition("/")[2] or "s3"
    if service == "s3":
        yield from _s3_actions(method, uri, source)
    elif target:
        yield f"{service}:{target.rpartition('.')[2]}", "*"
    else:
        yield f"{service}:Publish", "*"


def _s3_actions(method: str, uri: str, source: str) -> Iterator[ActionOnResource]:
    url = urlsplit(uri)
    query = parse_qs(url.query, keep_blank_values=True)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    if not key:
        (action,) = [action for name, action in _BUCKET_ACTIONS.items() if name in query]
        yield f"s3:{action}", f"arn:aws:s3:::{bucket}"
        return
    subresource = next((name for name in ("tagging", "acl") if name in query), "")
    action = _OBJECT_ACTIONS[method, subresource]
    yield _object_action(action, f"{bucket}/{key}", "versionId" in query)
    if source:  # A copy includes the tags, which needs the same permissions as an upload with tags.
        yield "s3:PutObjectTagging", f"arn:aws:s3:::{bucket}/{key}"
        object_name, _, version = unquote(source).lstrip("/").partition("?versionId=")
        yield _object_action("GetObject", object_name, bool(version))
        yield _object_action("GetObjectTagging", object_name, bool(version))


def _object_action(action: str, object_name: str, to_version: bool) -> ActionOnResource:
    action = action.replace("Object", "ObjectVersion", 1) if to_version else action
    return f"s3:{action}", f"arn:aws:s3:::{object_name}"
