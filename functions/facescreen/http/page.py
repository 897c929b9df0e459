"""The page: one static file, with a policy that lets it reach nothing but this deployment."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

from aws_lambda_powertools.event_handler import Response

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def page(image_origins: tuple[str, ...]) -> Response[str]:
    """page.html, whose script and style are named to the browser by their hashes."""
    html = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    policy = _policy(html, image_origins)
    return Response(200, "text/html; charset=utf-8", html, {"Content-Security-Policy": policy})


def _policy(html: str, image_origins: tuple[str, ...]) -> str:
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(html):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
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
