"""The functions' roles against what the functions do: every operation of a run on the local cloud,
as its services take it."""

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
from facescreen_local.cloud import BUCKET, LocalCloud
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.fc.runtime.instance import FunctionInstance
from facescreen_local.mns.request import parse_target as mns_target
from facescreen_local.oss.request import target_of as oss_target
from facescreen_local.protocol.service import Service
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.policies import AccessRequest, matches_any
from tests.support.samples import sample_files
from tests.templates.alibaba.conftest import ACCOUNT, REGION, WATCHED, WATCHED_BUCKETS, deployed
from tests.templates.alibaba.ram import Caller, Policy, allowed, without
from tests.templates.alibaba.test_permissions import HTTP_API, OBJECT_CREATED, SWEEP, roles
from tests.templates.aws.stack import Stack

HELD = "held"
Made = tuple[str, str, str]
"""Action, resource, and the prefix that was listed, if any."""

# OSS, "Authorization syntax and elements"; with a versionId, Object is ObjectVersion.
OSS_ACTIONS = {
    "AppendObject": ("PutObject",),
    # With its tags, which are written as they are with an upload.
    "CopyObject": ("PutObject", "PutObjectTagging"),
    "DeleteObject": ("DeleteObject",),
    "GetObject": ("GetObject",),
    "GetObjectACL": ("GetObjectAcl",),
    "GetObjectTagging": ("GetObjectTagging",),
    "HeadObject": ("GetObject",),
    "ListObjectsV2": ("ListObjects",),
    "PutObjectACL": ("PutObjectAcl",),
    "PutObjectTagging": ("PutObjectTagging",),
}
BY_FUNCTION_COMPUTE = {
    OBJECT_CREATED: {"mns:SendMessage", "log:PostLogStoreLogs"},
    HTTP_API: {"log:PostLogStoreLogs"},
    # A function without an alias is asked for by its name alone: see the template.
    SWEEP: {"log:PostLogStoreLogs"},
}
"""Done by Function Compute in a function's name, not by the function: dead letters, and logs."""


@dataclass
class Recorder:
    """Keeps requests signed with the temporary AccessKeys of functions, by presigned URLs too."""

    made: dict[str, set[Made]] = field(default_factory=lambda: defaultdict(set))
    """By function."""
    _whose: dict[str, str] = field(default_factory=dict)
    """Functions by AccessKey ID: each instance has one of its own."""

    def instance(
        self, deployment: DeployedFunction, key: AccessKey, log: IO[bytes]
    ) -> FunctionInstance:
        self._whose[key.access_key_id] = deployment.function.name
        return FunctionInstance(deployment, key, log)

    def listen(self, service: Service, read: Callable[[web.BaseRequest], set[Made]]) -> None:
        answer = service.respond

        async def heard(request: web.BaseRequest, request_id: str) -> web.StreamResponse:
            signed = request.raw_path + request.headers.get("Authorization", "")
            for key_id, function in self._whose.items():
                if key_id in signed:
                    self.made[function] |= read(request)
            return await answer(request, request_id)

        service.respond = heard  # type: ignore[method-assign]


@pytest.fixture(scope="module", params=["off", "move", "private"])
def quarantine(request: pytest.FixtureRequest) -> str:
    """What is done about a high risk."""
    return str(request.param)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, quarantine: str) -> dict[str, set[Made]]:
    """By function, in a bucket without versions and then with them."""
    settings = {
        "DAILY_CALLS": "100",
        "QUARANTINE": quarantine,
        "QUARANTINE_BUCKET": HELD,
        "QUARANTINE_STAND_IN": str(quarantine != "off").lower(),
        "EXCLUDE_PREFIXES": "quarantine/",
    }
    recorder = Recorder()
    with (
        patch("facescreen_local.fc.runtime.pool.FunctionInstance", recorder.instance),
        run_local_cloud(tmp_path_factory.mktemp("cloud"), **settings) as (cloud, cloud_client),
    ):
        cloud.oss.create_bucket(HELD)
        recorder.listen(cloud.oss, lambda request: _of_oss(cloud, request))
        recorder.listen(cloud.mns, lambda request: _of_mns(cloud, request))
        recorder.listen(cloud.cloudauth, lambda request: _of_cloudauth(cloud, request))
        recorder.listen(cloud.fc, lambda request: _of_fc(cloud, request))
        samples = sample_files(cloud)
        uploads = samples if quarantine == "off" else {"flagged.jpg": samples["flagged.jpg"]}
        for versioning in (False, True):
            cloud.oss.create_bucket(BUCKET, versioning)
            for name, data in uploads.items():
                cloud_client.put(f"kyc/{versioning}/{name}", data)
            cloud_client.wait_until_idle()
            _ask(cloud_client, f"kyc/{versioning}/asked.jpg", samples["portrait.jpg"])
            _have_screened(cloud_client, f"kyc/{versioning}/held.jpg", samples["flagged.jpg"])
            _sweep(cloud, cloud_client, f"kyc/{versioning}/lost.jpg", samples["portrait.jpg"])
    return recorder.made


@pytest.fixture(scope="module")
def stack(quarantine: str) -> Stack:
    """For the one bucket that the local cloud watches."""
    held = f"acs:oss:*:{ACCOUNT}:{HELD}/quarantine/*"
    return deployed(
        "template.yaml",
        WatchedObjects=WATCHED[0],
        WatchedBuckets=WATCHED_BUCKETS[0],
        Quarantine=quarantine,
        QuarantineObjects=held,
    )


def test_each_role_allows_what_its_function_does(stack: Stack, made: dict[str, set[Made]]) -> None:
    assert set(made) == {OBJECT_CREATED, HTTP_API, SWEEP}
    for name, requests in made.items():
        caller = Caller(name, roles(stack)[name])
        refused = {one for one in requests if not allowed(caller, _request(one))}
        assert not refused
        # With one statement less of any policy that is used, it would not.
        for number, policy in enumerate(caller.policies):
            for statement in _used(policy, requests):
                policies = list(caller.policies)
                policies[number] = without(policy, statement)
                fewer = Caller(name, tuple(policies))
                assert any(not allowed(fewer, _request(one)) for one in requests)


def test_no_role_allows_what_its_function_does_not_do(
    stack: Stack, made: dict[str, set[Made]]
) -> None:
    for name, requests in made.items():
        idle = {
            (action, resource)
            for policy in roles(stack)[name]
            for statement in policy["Statement"]
            for action in statement["Action"]
            for resource in statement["Resource"]
            if not any(
                matches_any(d, action) and matches_any(to, resource) for d, to, _ in requests
            )
        }
        assert (name, {action for action, _ in idle}) == (name, BY_FUNCTION_COMPUTE[name])


def _of_oss(cloud: LocalCloud, request: web.BaseRequest) -> set[Made]:
    target = oss_target(request.raw_path)
    named = f"{target.bucket}/{target.key}" if target.key else target.bucket
    actions = _pinned(OSS_ACTIONS[cloud.oss.operation_name(request)], target.parameter("versionId"))
    made = {_oss(action, named, target.parameter("prefix") or "") for action in actions}
    source, _, version = request.headers.get("x-oss-copy-source", "").partition("?versionId=")
    if source:
        read = _pinned(("GetObject", "GetObjectTagging"), version)
        made |= {_oss(action, unquote(source).lstrip("/")) for action in read}
    return made


def _pinned(actions: tuple[str, ...], version: str | None) -> list[str]:
    return [a.replace("Object", "ObjectVersion", 1) if version else a for a in actions]


def _oss(action: str, named: str, listed: str = "") -> Made:
    return f"oss:{action}", f"acs:oss:oss-{REGION}:{ACCOUNT}:{named}", listed


def _of_mns(cloud: LocalCloud, request: web.BaseRequest) -> set[Made]:
    path = mns_target(request.raw_path).path
    resource = f"acs:mns:{REGION}:{ACCOUNT}:{path}/messages"
    return {(f"mns:{cloud.mns.operation_name(request)}", resource, "")}


def _of_cloudauth(cloud: LocalCloud, request: web.BaseRequest) -> set[Made]:
    return {(f"antcloudauth:{cloud.cloudauth.operation_name(request)}", "*", "")}


def _of_fc(cloud: LocalCloud, request: web.BaseRequest) -> set[Made]:
    function = request.path.split("/")[-2]
    named = f"acs:fc:{REGION}:{ACCOUNT}:functions/{function}"
    operation = cloud.fc.operation_name(request)
    return {(f"fc:{operation}", named, ""), (f"fc:{operation}", f"{named}/LATEST", "")}


def _sweep(cloud: LocalCloud, cloud_client: LocalCloudClient, key: str, photo: bytes) -> None:
    """Finds an upload whose event was lost."""
    cloud_client.wait_until_idle()
    with (
        patch.object(cloud.fc.functions, "deliver"),
        patch(
            "facescreen_local.oss.store.versions.time", SimpleNamespace(time=lambda: time() - 3600)
        ),
    ):
        cloud_client.put(key, photo)
    assert cloud_client.admin.post(f"/fire/{SWEEP}").status_code == 200
    cloud_client.wait_until_idle()


def _have_screened(cloud_client: LocalCloudClient, key: str, photo: bytes) -> None:
    # An append is none of the trigger's events, so it is screened when somebody asks.
    cloud_client.bucket.append_object(key, 0, photo)
    named = {"object": {"bucket": BUCKET, "key": key}, "write_back": True}
    url = cloud_client.env["HTTP_TRIGGER_URL"] + "/v1/screenings"
    assert httpx.post(url, json=named, timeout=60).status_code == 200


def _ask(cloud_client: LocalCloudClient, key: str, photo: bytes) -> None:
    _have_screened(cloud_client, key, photo)
    named = {"bucket": BUCKET, "key": key}
    with httpx.Client(base_url=cloud_client.env["HTTP_TRIGGER_URL"], timeout=60) as api:
        answers = [
            api.get("/v1/screenings", params=named),
            api.get("/v1/objects", params={"prefix": "kyc/"}),
            api.post("/v1/screenings", json={"base64": base64.b64encode(photo).decode()}),
        ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)


def _request(made: Made) -> AccessRequest:
    does, to, prefix = made
    return AccessRequest(does, to, {"oss:Prefix": prefix} if prefix else {})


def _used(policy: Policy, requests: set[Made]) -> list[int]:
    """Numbers of the statements that allow any of `requests`."""
    return [
        number
        for number, statement in enumerate(policy["Statement"])
        if any(
            matches_any(does, statement["Action"]) and matches_any(to, statement["Resource"])
            for does, to, _ in requests
        )
    ]
