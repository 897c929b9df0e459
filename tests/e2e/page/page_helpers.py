"""Helpers for the tests of the page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def verdict(page: Page) -> Locator:
    return page.locator("#result .verdict")


def wait_until_true(page: Page, expression: str) -> None:
    """Poll `expression`: the page's content security policy blocks wait_for_function."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)
