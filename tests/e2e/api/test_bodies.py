"""Bodies that are too large, too slow, or lie about their length: refused, the function lives."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.outside import Outside

MB = 1024 * 1024
HEAD = b"POST /v1/screenings HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n"


@pytest.fixture(autouse=True)
def _lives(api: httpx.Client) -> Iterator[None]:
    yield
    assert api.get("/v1/health", timeout=20).json()["status"] == "ok"


def connected(outside: Outside) -> socket.socket:
    address = urlsplit(outside.told["HTTP_TRIGGER_URL"])
    return socket.create_connection((address.hostname, address.port or 80), timeout=20)


def sent(outside: Outside, *pieces: bytes) -> bytes:
    """What comes back for the bytes of a request; empty where the other end hangs up or waits."""
    with connected(outside) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            return connection.recv(65536)
        except OSError:
            return b""


def test_a_body_of_33_mb_is_refused_by_the_platform(api: httpx.Client, outside: Outside) -> None:
    answer = api.post("/v1/screenings", content=bytes(33 * MB))
    assert (answer.status_code, answer.json()["Code"]) == (413, "EntityTooLarge")


def test_it_is_refused_before_it_is_read(outside: Outside) -> None:
    answer = sent(outside, HEAD + f"Content-Length: {33 * MB}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_without_an_end_is_cut_off(outside: Outside) -> None:
    piece = b"%x\r\n" % MB + bytes(MB) + b"\r\n"
    answer = sent(outside, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[piece] * 40)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")


def test_a_body_over_the_functions_own_limit(api: httpx.Client, outside: Outside) -> None:
    answer = api.post(
        "/v1/screenings", content=bytes(17 * MB), headers={"Content-Type": "image/jpeg"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "ContentTooLarge")


def test_a_file_over_10_mb_is_the_contents_fault(
    api: httpx.Client, outside: Outside, files: dict[str, bytes]
) -> None:
    answer = api.post("/v1/screenings", files={"file": files["portrait.jpg"] + bytes(10 * MB)})
    assert (answer.status_code, answer.json()["code"]) == (422, "ToolargeImage")
    assert outside.calls() == []


def test_a_slow_body_holds_nobody_up(api: httpx.Client, outside: Outside) -> None:
    with connected(outside) as slow:
        slow.sendall(HEAD + b"Content-Length: 1000\r\n\r\nabc")
        assert api.get("/v1/health", timeout=20).status_code == 200


def test_a_slow_body_is_refused(
    cloud: LocalCloud, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud.http, "longest_body_s", 0.3)
    with connected(outside) as slow:
        slow.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        for _ in range(3):
            slow.sendall(b"abc")
            time.sleep(0.05)
        answer = slow.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not come whole in 0.3 s" in answer


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
def test_a_lying_length_is_refused(head: bytes, outside: Outside) -> None:
    assert b" 400 " in sent(outside, HEAD + head).partition(b"\r\n")[0]


def test_a_body_that_ends_early_is_no_request(outside: Outside) -> None:
    with connected(outside) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert not connection.recv(100).startswith(b"HTTP/1.1 200")
    assert outside.calls() == []
