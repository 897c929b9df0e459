"""The review page: one static file, with a policy that lets it connect to this deployment only."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

_INLINE_ELEMENT_PATTERN = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def read_page() -> str:
    """Return the content of page.html."""
    return Path(__file__).with_name("page.html").read_text("utf-8")


def build_content_security_policy(html: str, image_origins: tuple[str, ...]) -> str:
    """Build the page's policy, which allows its own script and style by their hashes."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, content in _INLINE_ELEMENT_PATTERN.findall(html):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[tag].append(f"'sha256-{digest}'")
    images = " ".join(image_origins)
    directives = {
        "default-src": "'none'",
        "script-src": " ".join(hashes["script"]),
        "style-src": " ".join(hashes["style"]),
        "img-src": f"'self' blob: data: {images}".strip(),
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
