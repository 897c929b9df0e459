"""Uploads while the local cloud starts and stops: what is accepted is screened."""

from __future__ import annotations

import threading
from pathlib import Path

import oss2
import pytest

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.cloud import LocalCloud
from facescreen_local.protocol.service import bind_socket
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud


@pytest.mark.slow
def test_an_upload_that_is_accepted_has_an_event(tmp_path: Path) -> None:
    with run_local_cloud(tmp_path) as (_, cloud_client):
        env = cloud_client.env
    with bind_socket() as free:
        port = free.getsockname()[1]
    client = LocalCloudClient({**env, "OSS_ENDPOINT": f"http://127.0.0.1:{port}"})
    accepted: list[str] = []
    refused: list[int] = []
    is_over = threading.Event()

    def upload() -> None:
        number = 0
        while not is_over.wait(0.02):
            try:
                client.put(f"{number}.jpg", b"no picture")
                accepted.append(f"{number}.jpg")
            except oss2.exceptions.RequestError:
                continue
            except oss2.exceptions.ServerError as error:
                refused.append(error.status)
            number += 1

    uploader = threading.Thread(target=upload)
    uploader.start()
    with BackgroundLoop() as loop:
        cloud = LocalCloud(tmp_path, PROJECT)
        loop.run(cloud.start({"oss": port}))
        loop.run(cloud.stop())
        is_over.set()
        uploader.join()
        cloud = LocalCloud(tmp_path, PROJECT)
        loop.run(cloud.start({"oss": port}))
        loop.run(cloud.fc.functions.wait_until_idle(), 120)
        tagged = [key for key in accepted if "deepfake-verdict" in client.tags(key)]
        loop.run(cloud.stop())
    client.close()
    assert accepted
    assert refused == []
    assert tagged == accepted
