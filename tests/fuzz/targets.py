"""The fuzz targets: each accepts any bytes and raises only undeclared errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from facescreen.deepfake.request import DetectRequest, build_detect_parameters
from facescreen.deepfake.response import HttpResponse, parse_response
from facescreen.deepfake.upload import parse_grant
from facescreen.errors import FacescreenError
from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from facescreen.media.media import UnreadableMediaError
from facescreen.media.probe import probe
from tests.support.media.memory_reader import MemoryReader

_NO_FILTERS = Filters()


def read_envelope(content: bytes) -> None:
    """Read an event as Function Compute passes it."""
    with contextlib.suppress(FacescreenError):
        read_event(content, _NO_FILTERS)


def probe_media(content: bytes) -> None:
    """Probe an object's bytes."""
    with contextlib.suppress(UnreadableMediaError):
        probe(MemoryReader(content))


def parse_any_response(content: bytes) -> None:
    """Parse a response: a line with the HTTP status and a header's value, then the body.

    The body is also used as a URL.
    """
    line, _, body = content.partition(b"\n")
    status, wait = line[:3], line[4:].decode("latin-1")
    response = HttpResponse(
        int(status) if status.isdigit() else 200,
        {"x-acs-retry-after": wait, "retry-after": wait, "x-facescreen-stand-in": wait},
        body,
    )
    for parse in (parse_response, parse_grant):
        with contextlib.suppress(FacescreenError):
            parse(response)
    with contextlib.suppress(FacescreenError):
        request = DetectRequest(url=body.decode("latin-1"), merchant_biz_id="a" * 32)
        build_detect_parameters(request, "a" * 10)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelopes": read_envelope,
    "images": probe_media,
    "videos": probe_media,
    "answers": parse_any_response,
}
"""Images and videos differ only in their seeds and corpus."""
