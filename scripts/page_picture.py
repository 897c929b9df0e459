"""Draws docs/page.png: the review page in chromium, on a local cloud that has screened its samples.

make picture
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).parents[1]
PICTURE = PROJECT / "docs" / "page.png"
_SIZE = {"width": 960, "height": 1500}
_COLORS = 128
"""Enough for the photographs, at a third of the size."""
_TIMEOUT_S = 120
_SAMPLES = 11


def capture(url: str, flagged: Path) -> None:
    """Screen the file `flagged` on the page at `url`, and save what the page shows."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(locale="en-GB", viewport=_SIZE)
        page.goto(url)
        deadline = time.monotonic() + _TIMEOUT_S
        while page.locator("#objects li").count() < _SAMPLES:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the page lists fewer than {_SAMPLES} objects")
            page.wait_for_timeout(1000)
            page.reload()
            page.wait_for_timeout(1000)
        page.set_input_files("input[type=file]", flagged)
        page.wait_for_selector("#result .verdict")
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(1000)
        image = Image.open(BytesIO(page.screenshot()))
        browser.close()
    image.convert("RGB").quantize(_COLORS).save(PICTURE, optimize=True)


def main() -> None:
    """Run a local cloud with the samples, and capture its page."""
    facescreen = Path(sys.executable).with_name("facescreen")
    with tempfile.TemporaryDirectory() as folder:
        data, env_file = Path(folder) / "data", Path(folder) / "env"
        arguments = ["up", "--samples", "--data", data, "--env-file", env_file]
        with subprocess.Popen([facescreen, *arguments], stderr=subprocess.DEVNULL) as process:
            try:
                while not env_file.exists() and process.poll() is None:
                    time.sleep(0.2)
                lines = env_file.read_text().splitlines()
                env = dict(line.split("=", 1) for line in lines)
                capture(env["HTTP_TRIGGER_URL"], data / "samples" / "flagged.jpg")
            finally:
                process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
