"""GET /v1/objects and GET /v1/counts: the reviewer's list, and verdicts by hour."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import httpx
import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient

PATH = "/v1/objects"
VERDICTS = ("low_risk", "high_risk", "suspicious", "unscreenable", "failed")
# Uploaded in this order. The list does not order outcomes of the same second.
UPLOADS_BY_SECOND = (
    {"kyc/clip.mp4": "clip.mp4", "kyc/é 1+1%.jpg": "portrait.jpg"},
    {"kyc/flagged.jpg": "flagged.jpg", "other/flagged.jpg": "flagged.jpg"},
    {"kyc/no-face.jpg": "no-face.jpg", "other/portrait.jpg": "portrait.jpg"},
)


@pytest.fixture(scope="module", autouse=True)
def upload_and_screen(
    running_cloud: tuple[LocalCloud, LocalCloudClient], files: dict[str, bytes]
) -> None:
    cloud_client = running_cloud[1]
    for uploads in UPLOADS_BY_SECOND:
        for key, name in uploads.items():
            cloud_client.put(key, files[name])
        cloud_client.wait_until_idle()
        time.sleep(1.1)


def list_pages(api: httpx.Client, **params: Any) -> list[list[dict[str, Any]]]:
    """Return every page of the list."""
    pages_so_far: list[list[dict[str, Any]]] = []
    after: dict[str, str] = {}
    while not pages_so_far or after["after"]:
        assert len(pages_so_far) < 50, "the list has no last page"
        response = api.get(PATH, params={**params, **after})
        assert response.status_code == 200, response.text
        pages_so_far.append(response.json()["objects"])
        after = {"after": response.json()["next"]}
    return pages_so_far


def list_objects(api: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    return [one for page in list_pages(api, limit=100, **params) for one in page]


def keys_of(objects: list[dict[str, Any]]) -> list[str]:
    return [one["screening"]["object"]["key"] for one in objects]


def invalid_parameter_detail(response: httpx.Response) -> str:
    """Return the detail of a response that refuses a parameter."""
    assert (response.status_code, response.json()["code"]) == (400, "InvalidParameter")
    assert response.headers["Content-Type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_the_newest_come_first(api: httpx.Client, cloud_client: LocalCloudClient) -> None:
    listed_keys = [one for one in keys_of(list_objects(api)) if one.startswith(("kyc/", "other/"))]
    for uploads in reversed(UPLOADS_BY_SECOND):
        assert set(listed_keys[: len(uploads)]) == set(uploads)
        del listed_keys[: len(uploads)]
    times = [one["at"] for one in list_objects(api)]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"prefix": "other/"}, {"other/flagged.jpg", "other/portrait.jpg"}),
        ({"prefix": "kyc/é 1+"}, {"kyc/é 1+1%.jpg"}),
        ({"prefix": "kyc/", "verdict": "low_risk"}, {"kyc/clip.mp4", "kyc/é 1+1%.jpg"}),
        ({"prefix": "kyc/", "verdict": "high_risk"}, {"kyc/flagged.jpg"}),
        ({"prefix": "kyc/", "verdict": "unscreenable"}, {"kyc/no-face.jpg"}),
        ({"prefix": "kyc/", "verdict": "failed"}, set()),
        ({"prefix": "nowhere/"}, set()),
    ],
)
def test_the_filters_select_by_prefix_and_verdict(
    params: dict[str, str], expected: set[str], api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    assert set(keys_of(list_objects(api, **params))) == expected


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_miss_nothing_and_repeat_nothing(
    limit: int, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    pages = list_pages(api, limit=limit)
    assert all(len(page) == limit for page in pages[:-1])
    assert [one["at"] for page in pages for one in page] == [one["at"] for one in list_objects(api)]
    assert [key for page in pages for key in keys_of(page)] == keys_of(list_objects(api))


def test_an_upload_between_two_pages_does_not_shift_them(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    before = keys_of(list_objects(api))
    first = api.get(PATH, params={"limit": 2}).json()
    cloud_client.put("between.jpg", files["portrait.jpg"])
    cloud_client.wait_until_idle()
    rest = list_objects(api, after=first["next"])
    assert keys_of(first["objects"]) + keys_of(rest) == before
    assert keys_of(list_objects(api))[0] == "between.jpg"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "x", "１", "9" * 30])
def test_a_limit_out_of_bounds_is_refused(
    limit: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    detail = invalid_parameter_detail(api.get(PATH, params={"limit": limit}))
    assert detail == "limit must be a whole number from 1 to 100"


@pytest.mark.parametrize("after", ["x", "../ledger/", "7935401842-high_risk", "a" * 2000])
def test_an_invalid_cursor_is_refused(
    after: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    assert "`next` of another page" in invalid_parameter_detail(
        api.get(PATH, params={"after": after})
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"verdict": "clean"}, "verdict must be one of"),
        ({"prefix": "a" * 1024}, "prefix may have at most 1023 characters"),
        ({"perfix": "kyc/"}, "'perfix' is not a known parameter"),
    ],
)
def test_an_invalid_filter_is_refused(
    params: dict[str, str], expected: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    assert expected in invalid_parameter_detail(api.get(PATH, params=params))


def test_a_thumbnail_is_a_small_picture(api: httpx.Client, cloud_client: LocalCloudClient) -> None:
    thumbnails = {one["screening"]["object"]["key"]: one["thumbnail"] for one in list_objects(api)}
    assert thumbnails["kyc/clip.mp4"] is None
    response = httpx.get(thumbnails["kyc/flagged.jpg"])
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert len(response.content) < len(cloud_client.bucket.get_object("kyc/flagged.jpg").read())


def test_an_overwritten_or_deleted_object_has_no_thumbnail(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    def listed_states() -> dict[tuple[str, str], bool]:
        """Whether there is a thumbnail, by verdict and standing."""
        return {
            (one["screening"]["verdict"], one["standing"]): one["thumbnail"] is not None
            for one in list_objects(api, prefix="changing.jpg")
        }

    cloud_client.put("changing.jpg", files["portrait.jpg"])
    cloud_client.wait_until_idle()
    assert listed_states() == {("low_risk", "current"): True}
    cloud_client.put("changing.jpg", files["flagged.jpg"])
    cloud_client.wait_until_idle()
    assert listed_states() == {("low_risk", "superseded"): False, ("high_risk", "current"): True}
    cloud_client.bucket.delete_object("changing.jpg")
    assert listed_states() == {("low_risk", "gone"): False, ("high_risk", "gone"): False}


def test_the_counts_match_the_list(api: httpx.Client, cloud_client: LocalCloudClient) -> None:
    body = api.get("/v1/counts").json()
    assert body["complete"] is True
    counted = {verdict: sum(row[verdict] for row in body["hours"]) for verdict in VERDICTS}
    assert +Counter(counted) == Counter(one["screening"]["verdict"] for one in list_objects(api))


@pytest.mark.parametrize("hours", [1, 24, 168])
def test_every_hour_has_its_counts(
    hours: int, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    hourly_counts = api.get("/v1/counts", params={"hours": hours}).json()["hours"]
    assert len(hourly_counts) == hours
    names = [row["hour"] for row in hourly_counts]
    assert names == sorted(set(names), reverse=True)
    assert all(name.endswith(":00:00Z") for name in names)
    assert all(set(row) == {"hour", *VERDICTS} for row in hourly_counts)


@pytest.mark.parametrize("hours", ["0", "169", "-1", "x", ""])
def test_hours_out_of_bounds_are_refused(
    hours: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    detail = invalid_parameter_detail(api.get("/v1/counts", params={"hours": hours}))
    assert detail == "hours must be a whole number from 1 to 168"
