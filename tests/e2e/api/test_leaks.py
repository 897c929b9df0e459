"""No response contains a signed URL, a key, a token or a file, and the search would find them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.api import response_leaks
from tests.support.cloud_client import LocalCloudClient

PATH = "/v1/screenings"


def listing(**fields: str) -> dict[str, Any]:
    return {"objects": [{"screening": {}, **fields}], "next": None}


@pytest.mark.parametrize(
    "body_of",
    [
        lambda url: {"detail": f"could not read {url}"},
        lambda url: {"thumbnail": url},
        lambda url: listing(thumbnail="", url=url),
    ],
    ids=["in a detail", "in a thumbnail of no list", "beside a thumbnail"],
)
def test_a_signed_url_would_be_found(
    body_of: Any, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    url = cloud_client.bucket.sign_url("GET", "a.jpg", 60)
    assert response_leaks.find(httpx.Response(200, json=body_of(url)), cloud) == ["body"]


def test_a_key_and_a_token_would_be_found(
    cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    key = cloud.account.issue_temporary_key()
    for value in (key.access_key_id, key.security_token):
        assert response_leaks.find(httpx.Response(200, text=value), cloud) == ["body"]
        assert response_leaks.find(httpx.Response(200, headers={"X-A": value}), cloud) == ["x-a"]
    hidden = httpx.Response(200, json=listing(thumbnail=f"https://a/?{key.access_key_secret}"))
    assert response_leaks.find(hidden, cloud) == ["a secret"]


def test_a_thumbnail_may_be_signed(cloud: LocalCloud, cloud_client: LocalCloudClient) -> None:
    url = cloud_client.bucket.sign_url("GET", "a.jpg", 60)
    assert response_leaks.find(httpx.Response(200, json=listing(thumbnail=url)), cloud) == []


# The client searches the responses of the following tests.


@pytest.mark.parametrize(
    ("code", "status"),
    [("DownloadTimeout", 401), ("InvalidParameter", 400), ("SignatureDoesNotMatch", 400)],
)
def test_a_url_that_fails_is_not_in_the_response(
    code: str, status: int, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    url = cloud_client.bucket.sign_url("GET", "a.jpg", 60)
    cloud_client.set_behaviour(cloudauth={"faults": [{"code": code, "status": status, "times": 9}]})
    assert api.post(PATH, json={"url": url}).json()["code"] == code


def test_a_url_that_is_refused_is_not_in_the_response(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    query = cloud_client.bucket.sign_url("GET", "a.jpg", 60).partition("?")[2]
    for url in (f"https://10.0.0.1/?{query}", f"ftp://a.example/?{query}", f"?{query}"):
        assert api.post(PATH, json={"url": url}).json()["code"] == "UrlRefused"
    object_name = {"bucket": f"a?{query}", "key": "a"}
    assert api.post(PATH, json={"object": object_name}).status_code == 400
    assert api.get("/v1/objects", params={"after": f"?{query}"}).status_code == 400
    assert api.get("/v1/objects", headers={"X-Request-Id": f"?{query}"}).status_code == 400


def test_an_error_of_the_store_does_not_leak_its_details(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(
        oss={"faults": [{"code": "AccessDenied", "status": 403, "times": 99}]}
    )
    object_name = {"bucket": cloud_client.env["OSS_BUCKET"], "key": "a.jpg"}
    assert api.get(PATH, params=object_name).status_code >= 400
    assert api.post(PATH, json={"object": object_name}).status_code >= 400
    assert api.get("/v1/objects").status_code >= 400
