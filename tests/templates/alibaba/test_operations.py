"""The functions' roles against the operations that the functions perform on the local cloud."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from types import SimpleNamespace
from typing import IO
from unittest.mock import patch
from urllib.parse import unquote

import httpx
import pytest
from aiohttp import web

from facescreen_local.auth.account import AccessKey
from facescreen_local.cloud import BUCKET_NAME, LocalCloud
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.fc.runtime.instance import FunctionInstance
from facescreen_local.mns.request import parse_target as mns_target
from facescreen_local.oss.request import parse_target as oss_target
from facescreen_local.protocol.service import Service
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.policies import AccessRequest, matches_any
from tests.support.samples import sample_files
from tests.templates.alibaba.conftest import ACCOUNT, REGION, WATCHED, WATCHED_BUCKETS, deploy
from tests.templates.alibaba.ram import Policy, PolicyCaller, is_allowed, without_statement
from tests.templates.alibaba.test_permissions import HTTP_API, OBJECT_CREATED, SWEEP, role_policies
from tests.templates.aws.stack import Stack

QUARANTINE_BUCKET = "held"
ActionOnResource = tuple[str, str, str]
"""Action, resource, and the prefix that was listed, if any."""

# OSS, "Authorization syntax and elements"; with a versionId, Object is ObjectVersion.
OSS_ACTIONS = {
    "AppendObject": ("PutObject",),
    # A copy includes the tags, which needs the same permissions as an upload with tags.
    "CopyObject": ("PutObject", "PutObjectTagging"),
    "DeleteObject": ("DeleteObject",),
    "GetObject": ("GetObject",),
    "GetObjectACL": ("GetObjectAcl",),
    "GetObjectTagging": ("GetObjectTagging",),
    "HeadObject": ("GetObject",),
    "ListObjectVersions": ("ListObjectVersions",),
    "ListObjectsV2": ("ListObjects",),
    "PutObjectACL": ("PutObjectAcl",),
    "PutObjectTagging": ("PutObjectTagging",),
}
FUNCTION_COMPUTE_ACTIONS = {
    OBJECT_CREATED: {"mns:SendMessage", "log:PostLogStoreLogs"},
    HTTP_API: {"log:PostLogStoreLogs"},
    # A function without an alias is invoked by its name only: see the template.
    SWEEP: {"log:PostLogStoreLogs"},
}
"""Actions that Function Compute performs with a function's role: dead letters and logs."""


@dataclass
class RequestRecorder:
    """Records requests with the functions' temporary AccessKeys, including presigned URLs."""

    recorded: dict[str, set[ActionOnResource]] = field(default_factory=lambda: defaultdict(set))
    """By function."""
    _whose: dict[str, str] = field(default_factory=dict)
    """Function names by AccessKey ID. Each instance has its own."""

    def instance(
        self, deployment: DeployedFunction, key: AccessKey, log: IO[bytes]
    ) -> FunctionInstance:
        self._whose[key.access_key_id] = deployment.function.name
        return FunctionInstance(deployment, key, log)

    def listen(
        self, service: Service, read: Callable[[web.BaseRequest], set[ActionOnResource]]
    ) -> None:
        answer = service.respond

        async def heard(request: web.BaseRequest, request_id: str) -> web.StreamResponse:
            credentials_text = request.raw_path + request.headers.get("Authorization", "")
            for key_id, function in self._whose.items():
                if key_id in credentials_text:
                    self.recorded[function] |= read(request)
            return await answer(request, request_id)

        service.respond = heard  # type: ignore[method-assign]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("off", marks=pytest.mark.slow),
        "move",
        pytest.param("private", marks=pytest.mark.slow),
    ],
)
def quarantine(request: pytest.FixtureRequest) -> str:
    """The setting QUARANTINE."""
    return str(request.param)


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, quarantine: str
) -> dict[str, set[ActionOnResource]]:
    """The recorded operations by function, in an unversioned and then a versioned bucket."""
    settings = {
        "DAILY_CALLS": "100",
        "QUARANTINE": quarantine,
        "QUARANTINE_BUCKET": QUARANTINE_BUCKET,
        "QUARANTINE_STAND_IN": str(quarantine != "off").lower(),
        "EXCLUDE_PREFIXES": "quarantine/",
    }
    recorder = RequestRecorder()
    with (
        patch("facescreen_local.fc.runtime.pool.FunctionInstance", recorder.instance),
        run_local_cloud(tmp_path_factory.mktemp("cloud"), **settings) as (cloud, cloud_client),
    ):
        cloud.oss.create_bucket(QUARANTINE_BUCKET)
        recorder.listen(cloud.oss, lambda request: _oss_actions(cloud, request))
        recorder.listen(cloud.mns, lambda request: _mns_actions(cloud, request))
        recorder.listen(cloud.cloudauth, lambda request: _cloudauth_actions(cloud, request))
        recorder.listen(cloud.fc, lambda request: _fc_actions(cloud, request))
        samples = sample_files(cloud)
        uploads = samples if quarantine == "off" else {"flagged.jpg": samples["flagged.jpg"]}
        for versioning in (False, True):
            cloud.oss.create_bucket(BUCKET_NAME, versioning)
            for name, data in uploads.items():
                cloud_client.put(f"kyc/{versioning}/{name}", data)
            cloud_client.wait_until_idle()
            _deliver_twice(cloud_client, f"kyc/{versioning}/twice.jpg", samples["portrait.jpg"])
            with patch.object(cloud.fc.functions, "deliver_bucket_event"):
                _call_http_api(cloud_client, f"kyc/{versioning}/asked.jpg", samples["portrait.jpg"])
                _screen_by_http(cloud_client, f"kyc/{versioning}/held.jpg", samples["flagged.jpg"])
            _sweep_lost_upload(
                cloud, cloud_client, f"kyc/{versioning}/lost.jpg", samples["portrait.jpg"]
            )
    return recorder.recorded


@pytest.fixture(scope="module")
def stack(quarantine: str) -> Stack:
    """The stack for the one bucket that the local cloud watches."""
    quarantine_objects = f"acs:oss:*:{ACCOUNT}:{QUARANTINE_BUCKET}/quarantine/*"
    return deploy(
        "template.yaml",
        WatchedObjects=WATCHED[0],
        WatchedBuckets=WATCHED_BUCKETS[0],
        Quarantine=quarantine,
        QuarantineObjects=quarantine_objects,
    )


def test_each_role_allows_what_its_function_does(
    stack: Stack, recorded: dict[str, set[ActionOnResource]]
) -> None:
    assert set(recorded) == {OBJECT_CREATED, HTTP_API, SWEEP}
    for name, requests in recorded.items():
        caller = PolicyCaller(name, role_policies(stack)[name])
        denied = {one for one in requests if not is_allowed(caller, _policy_request(one))}
        assert not denied
        # Every statement that is used is necessary.
        for number, policy in enumerate(caller.policies):
            for statement in _used_statements(policy, requests):
                policies = list(caller.policies)
                policies[number] = without_statement(policy, statement)
                fewer = PolicyCaller(name, tuple(policies))
                assert any(not is_allowed(fewer, _policy_request(one)) for one in requests)


def test_no_role_allows_what_its_function_does_not_do(
    stack: Stack, recorded: dict[str, set[ActionOnResource]]
) -> None:
    for name, requests in recorded.items():
        idle = {
            (action, resource)
            for policy in role_policies(stack)[name]
            for statement in policy["Statement"]
            for action in statement["Action"]
            for resource in statement["Resource"]
            if not any(
                matches_any(d, action) and matches_any(to, resource) for d, to, _ in requests
            )
        }
        assert (name, {action for action, _ in idle}) == (name, FUNCTION_COMPUTE_ACTIONS[name])


def _oss_actions(cloud: LocalCloud, request: web.BaseRequest) -> set[ActionOnResource]:
    target = oss_target(request.raw_path)
    object_name = f"{target.bucket}/{target.key}" if target.key else target.bucket
    names = _versioned_actions(
        OSS_ACTIONS[cloud.oss.get_operation_name(request)], target.get_parameter("versionId")
    )
    actions = {
        _oss_action(action, object_name, target.get_parameter("prefix") or "") for action in names
    }
    source, _, version = request.headers.get("x-oss-copy-source", "").partition("?versionId=")
    if source:
        read = _versioned_actions(("GetObject", "GetObjectTagging"), version)
        actions |= {_oss_action(action, unquote(source).lstrip("/")) for action in read}
    return actions


def _versioned_actions(actions: tuple[str, ...], version: str | None) -> list[str]:
    return [a.replace("Object", "ObjectVersion", 1) if version else a for a in actions]


def _oss_action(action: str, name: str, prefix: str = "") -> ActionOnResource:
    return f"oss:{action}", f"acs:oss:oss-{REGION}:{ACCOUNT}:{name}", prefix


def _mns_actions(cloud: LocalCloud, request: web.BaseRequest) -> set[ActionOnResource]:
    path = mns_target(request.raw_path).path
    resource = f"acs:mns:{REGION}:{ACCOUNT}:{path}/messages"
    return {(f"mns:{cloud.mns.get_operation_name(request)}", resource, "")}


def _cloudauth_actions(cloud: LocalCloud, request: web.BaseRequest) -> set[ActionOnResource]:
    return {(f"antcloudauth:{cloud.cloudauth.get_operation_name(request)}", "*", "")}


def _fc_actions(cloud: LocalCloud, request: web.BaseRequest) -> set[ActionOnResource]:
    function = request.path.split("/")[-2]
    resource = f"acs:fc:{REGION}:{ACCOUNT}:functions/{function}"
    operation = cloud.fc.get_operation_name(request)
    return {(f"fc:{operation}", resource, ""), (f"fc:{operation}", f"{resource}/LATEST", "")}


def _sweep_lost_upload(
    cloud: LocalCloud, cloud_client: LocalCloudClient, key: str, photo: bytes
) -> None:
    """Upload an object without an event, and run the sweep."""
    cloud_client.wait_until_idle()
    with (
        patch.object(cloud.fc.functions, "deliver_bucket_event"),
        patch("facescreen_local.oss.nodes.time", SimpleNamespace(time=lambda: time() - 3600)),
    ):
        cloud_client.put(key, photo)
    assert cloud_client.admin.post(f"/fire/{SWEEP}").status_code == 200
    cloud_client.wait_until_idle()


def _deliver_twice(cloud_client: LocalCloudClient, key: str, photo: bytes) -> None:
    """In a versioned bucket, the second delivery looks for other versions with the same ETag."""
    cloud_client.set_behaviour(fc={"duplicates": 1})
    cloud_client.put(key, photo)
    cloud_client.wait_until_idle()
    cloud_client.set_behaviour(fc={"duplicates": 0})


def _screen_by_http(cloud_client: LocalCloudClient, key: str, photo: bytes) -> None:
    """Upload an object without an event, and screen it by the API."""
    cloud_client.put(key, photo)
    body = {"object": {"bucket": BUCKET_NAME, "key": key}, "write_back": True}
    url = cloud_client.env["HTTP_TRIGGER_URL"] + "/v1/screenings"
    assert httpx.post(url, json=body, timeout=60).status_code == 200


def _call_http_api(cloud_client: LocalCloudClient, key: str, photo: bytes) -> None:
    _screen_by_http(cloud_client, key, photo)
    object_name = {"bucket": BUCKET_NAME, "key": key}
    with httpx.Client(base_url=cloud_client.env["HTTP_TRIGGER_URL"], timeout=60) as api:
        answers = [
            api.get("/v1/screenings", params=object_name),
            api.get("/v1/objects", params={"prefix": "kyc/"}),
            api.post("/v1/screenings", json={"base64": base64.b64encode(photo).decode()}),
        ]
    assert [response.status_code for response in answers] == [200] * len(answers)


def _policy_request(action_on_resource: ActionOnResource) -> AccessRequest:
    does, to, prefix = action_on_resource
    return AccessRequest(does, to, {"oss:Prefix": prefix} if prefix else {})


def _used_statements(policy: Policy, requests: set[ActionOnResource]) -> list[int]:
    """Return the numbers of the statements that allow any of `requests`."""
    return [
        number
        for number, statement in enumerate(policy["Statement"])
        if any(
            matches_any(does, statement["Action"]) and matches_any(to, statement["Resource"])
            for does, to, _ in requests
        )
    ]
