"""What a reviewer does with the page."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.e2e.page.conftest import HOSTILE_KEY
from tests.e2e.page.page_helpers import PHONE, verdict, wait_until_true
from tests.support.cloud_client import run_local_cloud

expect = pytest.importorskip("playwright.sync_api").expect

HIGH_RISK = "High risk (scripted by the local emulator)"
LOW_RISK = "Low risk (scripted by the local emulator)"


def drop(page: Page, path: Path) -> None:
    """Drop a file on the page, as if dragged from the desktop."""
    transfer = page.evaluate_handle(
        """async ([name, text]) => {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, {type: "image/jpeg"}));
            return transfer;
        }""",
        [path.name, base64.b64encode(path.read_bytes()).decode()],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})


def test_a_dropped_photo_is_screened(page: Page, samples: dict[str, Path]) -> None:
    drop(page, samples["flagged.jpg"])
    expect(verdict(page)).to_have_text(HIGH_RISK)
    expect(verdict(page).locator("svg")).to_have_count(1)
    result = page.locator("#result")
    expect(result).to_contain_text("SuspectDeepForgery 0.96")
    expect(result).to_contain_text("merchant_biz_id fs")
    expect(page.locator("#local")).to_be_visible()


def test_a_clip_and_an_unscreenable_photo_are_screened(
    page: Page, samples: dict[str, Path]
) -> None:
    page.set_input_files("#file", samples["clip.mp4"])
    expect(verdict(page)).to_have_text(LOW_RISK)
    expect(page.locator("#result video")).to_be_visible()
    page.set_input_files("#file", samples["no-face.jpg"])
    expect(verdict(page)).to_have_text("Can't be screened")
    expect(page.locator("#result")).to_contain_text("NoFaceDetected")
    expect(page.locator("#result")).to_contain_text("Try a better photo or clip.")


@pytest.mark.parametrize("name", ["portrait.png", "12-megapixel.jpg", "sideways-phone.jpg"])
def test_a_photo_is_converted_in_the_browser_if_needed(
    name: str, page: Page, samples: dict[str, Path]
) -> None:
    page.set_input_files("#file", samples[name])
    expect(verdict(page)).to_have_text(LOW_RISK)
    expect(page.locator("#result")).to_contain_text("Converted in your browser first")
    expect(page.locator("#result")).not_to_contain_text("stored rotated")


def test_a_photo_from_the_camera_is_screened(page: Page) -> None:
    page.click("#camera")
    wait_until_true(page, "document.getElementById('live').videoWidth > 0")
    page.click("#shoot")
    expect(verdict(page)).to_have_text(
        "Can't be screened"
    )  # the fake camera's test card has no face
    expect(page.locator("#viewfinder")).to_be_hidden()


def test_the_list_is_filtered(page: Page) -> None:
    everything = page.locator("#objects li").count()
    page.select_option("#verdict", "high_risk")
    expect(page.locator("#objects li")).to_have_count(2)
    assert everything > 2
    page.fill("#prefix", "selfies/flag")
    page.press("#prefix", "Enter")
    expect(page.locator("#objects li")).to_have_count(1)
    expect(page.locator("#objects .key")).to_have_text("selfies/flagged.jpg")


def test_a_late_response_does_not_undo_the_filter(page: Page) -> None:
    page.evaluate(
        """() => {
            const real = window.fetch;
            window.fetch = async (path, options) => {
                const answer = await real(path, options);
                if (path === "v1/objects?") {
                    await new Promise((done) => setTimeout(done, 500));
                    window.late = true;
                }
                return answer;
            };
        }"""
    )
    page.press("#prefix", "Enter")
    page.select_option("#verdict", "high_risk")
    wait_until_true(page, "window.late")
    page.wait_for_timeout(100)
    expect(page.locator("#objects li")).to_have_count(2)


def test_thumbnails_load(page: Page) -> None:
    page.select_option("#verdict", "high_risk")
    expect(page.locator("#objects img")).to_have_count(2)
    pictures = "[...document.querySelectorAll('#objects img')]"
    wait_until_true(page, f"{pictures}.every((picture) => picture.naturalWidth > 0)")


def test_a_hostile_key_is_shown_as_text(page: Page) -> None:
    expect(page.locator("#objects .key", has_text="onerror")).to_have_text(HOSTILE_KEY)


def test_the_chart_shows_counts(page: Page) -> None:
    expect(page.locator(".legend")).to_contain_text("High risk")
    assert page.locator("svg.chart rect").count() >= 3
    page.click("#chart summary")
    expect(page.locator("#chart table")).to_contain_text("High risk")


def test_the_bars_have_different_patterns(page: Page) -> None:
    def attributes_of(selector: str, name: str) -> list[str]:
        read = f"(nodes) => nodes.map((node) => node.getAttribute('{name}'))"
        values: list[str] = page.locator(selector).evaluate_all(read)
        return values

    expect(page.locator("svg.chart > rect").first).to_be_attached()
    assert len(set(attributes_of("pattern path", "d"))) == len(attributes_of("pattern", "id")) == 5
    fills = {f"url(#{name})" for name in attributes_of("pattern", "id")}
    assert (
        set(attributes_of(".chart > rect", "fill"))
        == set(attributes_of(".swatch rect", "fill"))
        <= fills
    )


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_a_phone_needs_no_horizontal_scrolling(page: Page, samples: dict[str, Path]) -> None:
    page.set_input_files("#file", samples["flagged.jpg"])
    expect(verdict(page)).to_have_text(HIGH_RISK)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_page_can_be_used_with_the_keyboard(page: Page, samples: dict[str, Path]) -> None:
    with (
        page.expect_file_chooser() as chooser
    ):  # set up early, because it takes a while to be ready
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        for _ in range(2):
            page.keyboard.press("Tab")
        expect(page.locator("#file")).to_be_focused()
        page.keyboard.press("Enter")
    chooser.value.set_files(samples["flagged.jpg"])
    expect(verdict(page)).to_have_text(HIGH_RISK)
    page.locator("#verdict").press("ArrowDown")
    expect(page.locator("#objects li")).to_have_count(2)


@pytest.mark.parametrize("page", [{"locale": "zh-CN"}], indirect=True)
def test_the_page_is_in_chinese_for_a_chinese_browser(page: Page, samples: dict[str, Path]) -> None:
    assert page.get_attribute("html", "lang") == "zh"
    page.set_input_files("#file", samples["flagged.jpg"])
    expect(verdict(page)).to_have_text("高风险（由本地模拟器按脚本给出）")
    page.click("#language")
    expect(verdict(page)).to_have_text(HIGH_RISK)
    page.reload()
    expect(page.locator("#language")).to_have_text("中文")


@pytest.mark.parametrize("page", [{"locale": "zh-CN"}], indirect=True)
def test_fixed_sentences_are_translated_and_others_marked_as_english(
    page: Page, samples: dict[str, Path]
) -> None:
    page.set_input_files("#file", samples["long-clip.mp4"])
    result = page.locator("#result")
    expect(result).to_contain_text("视频时长须为 1 至 3 秒。")
    expect(result).to_contain_text("请发送同一人的更好的照片或视频。")
    expect(result.locator("[lang=en]")).to_have_count(0)
    page.set_input_files("#file", samples["not-an-image.jpg"])
    expect(result.locator("[lang=en]").first).to_be_visible()


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}], indirect=True)
def test_dark_mode_has_a_dark_background(page: Page) -> None:
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(18, 22, 28)"


def test_the_page_can_be_switched_off(tmp_path: Path) -> None:
    with run_local_cloud(tmp_path, PAGE="false") as (_, cloud_client):
        url = cloud_client.env["HTTP_TRIGGER_URL"]
        assert httpx.get(url).status_code == 404
        assert httpx.get(f"{url}/v1/health").json()["page"] is False
