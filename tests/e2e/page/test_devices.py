"""The page in browsers without storage or camera, and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.page.page_helpers import PHONE, verdict, wait_until_true

expect = pytest.importorskip("playwright.sync_api").expect

NO_STORAGE = """
    for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, {
            get() { throw new DOMException("blocked", "SecurityError"); },
        });
    }
"""
NO_CAMERA = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined});"
CAMERA_REFUSED = """
    navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException("no", "NotAllowedError");
    };
"""
COUNT_FILES = """
    window.held = new Set();
    const [create, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
    URL.createObjectURL = (file) => { const url = create(file); held.add(url); return url; };
    URL.revokeObjectURL = (url) => { held.delete(url); revoke(url); };
"""


def reopen(page: Page, script: str) -> None:
    """Reload the page with `script` run before the page's own scripts."""
    page.add_init_script(script)
    page.reload()
    page.wait_for_selector("#objects li")


def test_the_page_works_with_blocked_storage(page: Page, samples: dict[str, Path]) -> None:
    reopen(page, NO_STORAGE)
    page.set_input_files("#file", samples["flagged.jpg"])
    expect(verdict(page)).to_contain_text("High risk")
    page.click("#language")
    expect(verdict(page)).to_contain_text("高风险")


def test_a_token_is_sent_with_blocked_storage(page: Page) -> None:
    reopen(page, NO_STORAGE)
    page.evaluate("document.getElementById('token').hidden = false")
    page.fill("#bearer", "abc.def.ghi")
    with page.expect_request("**/v1/counts?*") as request_info:
        page.press("#bearer", "Enter")
    assert request_info.value.headers["authorization"] == "Bearer abc.def.ghi"


def test_the_object_url_of_a_replaced_file_is_revoked(page: Page, samples: dict[str, Path]) -> None:
    reopen(page, COUNT_FILES)
    for name in ("flagged.jpg", "portrait.png", "clip.mp4"):
        page.set_input_files("#file", samples[name])
        expect(verdict(page)).to_be_visible()
        page.click("#language")
        preview_url = page.get_attribute("#result .preview", "src")
        assert page.evaluate("[...held]") == [preview_url]


@pytest.mark.parametrize("page", [PHONE], indirect=True)
@pytest.mark.parametrize("script", [NO_CAMERA, CAMERA_REFUSED], ids=["none", "refused"])
def test_a_phone_falls_back_to_its_camera_app(
    page: Page, script: str, samples: dict[str, Path]
) -> None:
    reopen(page, script)
    if script == CAMERA_REFUSED:
        page.click("#camera")
        expect(page.locator("#result")).to_contain_text("NotAllowedError")
    expect(page.locator("#camera")).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        page.click("#capturing")
    assert chooser.value.element.get_attribute("capture") == "user"
    chooser.value.set_files(samples["flagged.jpg"])
    expect(verdict(page)).to_contain_text("High risk")


def test_a_desktop_without_a_camera_has_no_second_file_dialog(page: Page) -> None:
    reopen(page, NO_CAMERA)
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#capturing")).to_be_hidden()


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_the_charts_labels_are_readable_on_a_phone(page: Page) -> None:
    labels = page.locator("svg.chart text")
    boxes = [label.bounding_box() for label in labels.all()]
    assert len(boxes) == 6
    assert all(box and box["height"] >= 11 and 0 <= box["x"] <= 360 for box in boxes)
    *hours, _, _ = [box for box in boxes if box]
    ends = [0, *(hour["x"] + hour["width"] for hour in hours)]
    assert all(hour["x"] > end for hour, end in zip(hours, ends, strict=False))
    page.set_viewport_size({"width": 740, "height": 360})
    width = "document.getElementById('chart').clientWidth"
    wait_until_true(page, f"document.querySelector('.chart').viewBox.baseVal.width === {width}")
