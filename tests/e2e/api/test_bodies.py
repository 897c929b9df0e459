"""Bodies that are too large, too slow, or have a wrong length are refused."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient

MB = 1024 * 1024
HEAD = b"POST /v1/screenings HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n"


@pytest.fixture(autouse=True)
def check_that_the_function_still_answers(api: httpx.Client) -> Iterator[None]:
    yield
    assert api.get("/v1/health", timeout=20).json()["status"] == "ok"


def connect(cloud_client: LocalCloudClient) -> socket.socket:
    address = urlsplit(cloud_client.env["HTTP_TRIGGER_URL"])
    return socket.create_connection((address.hostname, address.port or 80), timeout=20)


def send(cloud_client: LocalCloudClient, *pieces: bytes) -> bytes:
    """Send the bytes of a request and return the response, or b"" if the server hangs up."""
    with connect(cloud_client) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            return connection.recv(65536)
        except OSError:
            return b""


def test_a_body_of_33_mb_is_refused_by_the_platform(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.post("/v1/screenings", content=bytes(33 * MB))
    assert (response.status_code, response.json()["Code"]) == (413, "EntityTooLarge")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    cloud_client: LocalCloudClient,
) -> None:
    response = send(cloud_client, HEAD + f"Content-Length: {33 * MB}\r\n\r\n".encode())
    assert response.startswith(b"HTTP/1.1 413")


def test_a_body_without_an_end_is_cut_off(cloud_client: LocalCloudClient) -> None:
    piece = b"%x\r\n" % MB + bytes(MB) + b"\r\n"
    response = send(cloud_client, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[piece] * 40)
    assert response == b"" or response.startswith(b"HTTP/1.1 413")


def test_a_body_over_the_functions_own_limit(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.post(
        "/v1/screenings", content=bytes(17 * MB), headers={"Content-Type": "image/jpeg"}
    )
    assert (response.status_code, response.json()["code"]) == (413, "ContentTooLarge")


def test_a_file_over_10_mb_is_refused_as_unscreenable(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    response = api.post("/v1/screenings", files={"file": files["portrait.jpg"] + bytes(10 * MB)})
    assert (response.status_code, response.json()["code"]) == (422, "ToolargeImage")
    assert cloud_client.billed_calls() == []


def test_a_slow_body_does_not_block_other_requests(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    with connect(cloud_client) as slow:
        slow.sendall(HEAD + b"Content-Length: 1000\r\n\r\nabc")
        assert api.get("/v1/health", timeout=20).status_code == 200


def test_a_slow_body_is_refused(
    cloud: LocalCloud, cloud_client: LocalCloudClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud.http, "body_timeout_s", 0.3)
    with connect(cloud_client) as slow:
        slow.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        for _ in range(3):
            slow.sendall(b"abc")
            time.sleep(0.05)
        response = slow.recv(65536)
    assert response.startswith(b"HTTP/1.1 408")
    assert b"was not complete after 0.3 s" in response


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_a_wrong_length_is_refused(head: bytes, cloud_client: LocalCloudClient) -> None:
    assert b" 400 " in send(cloud_client, HEAD + head).partition(b"\r\n")[0]


def test_a_body_that_ends_early_is_not_processed(cloud_client: LocalCloudClient) -> None:
    with connect(cloud_client) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert not connection.recv(100).startswith(b"HTTP/1.1 200")
    assert cloud_client.billed_calls() == []
