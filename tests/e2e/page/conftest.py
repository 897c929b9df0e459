"""Fixtures: the page in Debian's chromium, on a local cloud that has screened its samples."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from facescreen_cli.local_cloud import upload_samples
from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient, run_local_cloud

CHROMIUM = shutil.which("chromium")
PLAYWRIGHT = [sys.executable, "-m", "playwright", "--version"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
HOSTILE_KEY = "selfies/<img src=x onerror=alert(1)>.jpg"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if subprocess.run(PLAYWRIGHT, capture_output=True, check=False).returncode:
        pytest.skip("playwright's Node.js does not start: apt-get install libatomic1")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running_cloud(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_local_cloud(tmp_path_factory.mktemp("cloud")) as (cloud, cloud_client):
        _, samples = upload_samples(cloud)
        flagged = next(sample for sample in samples if sample.name.endswith("flagged.jpg"))
        cloud_client.put(HOSTILE_KEY, flagged.path.read_bytes())
        cloud_client.wait_until_idle()
        yield cloud, cloud_client


@pytest.fixture
def samples(running_cloud: tuple[LocalCloud, LocalCloudClient]) -> dict[str, Path]:
    """Paths of the samples by file name."""
    return {sample.path.name: sample.path for sample in running_cloud[0].write_samples()}


@pytest.fixture
def page(
    browser: Browser,
    running_cloud: tuple[LocalCloud, LocalCloudClient],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """The opened page. Fails on errors in its console and on requests to other origins.

    ``pytest.mark.parametrize("page", [{…}], indirect=True)`` sets options of the browser context.
    """
    env = running_cloud[1].env
    page = browser.new_page(**{"locale": "en-GB", **getattr(request, "param", {})})
    console_errors: list[str] = []
    page.on(
        "console", lambda said: console_errors.extend([said.text] if said.type == "error" else [])
    )
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    page.on("dialog", lambda dialog: console_errors.append(f"dialog: {dialog.message}"))
    requested_urls: list[str] = []
    page.on("request", lambda sent: requested_urls.append(sent.url))
    page.goto(env["HTTP_TRIGGER_URL"])
    page.wait_for_selector("#objects li")
    yield page
    page.close()
    allowed_origins = (f"{env['HTTP_TRIGGER_URL']}/", f"{env['OSS_ENDPOINT']}/", "blob:")
    assert [url for url in requested_urls if not url.startswith(allowed_origins)] == []
    assert [line for line in console_errors if "422" not in line] == []
