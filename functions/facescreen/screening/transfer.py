"""How an object's bytes reach the service: by a URL that it downloads, or in our own request."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Protocol

from facescreen.deepfake.request import LARGEST_INLINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.deepfake.response import Detection
    from facescreen.model import ObjectRef
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline


class Transfer(Protocol):
    """Has one object judged."""

    def __call__(
        self, ref: ObjectRef, *, kind: str, convert: bool, merchant_biz_id: str, deadline: Deadline
    ) -> Detection:
        """`kind` is ``image`` or ``video``; `convert` asks the store for a conforming JPEG."""


class Detect(Protocol):
    """An operation of DeepfakeClient that takes a URL, or a fake in tests."""

    def __call__(
        self, *, url: Callable[[], str], kind: str, merchant_biz_id: str, deadline: Deadline
    ) -> Detection:
        """Screens what a presigned URL gives."""


class DetectContent(Protocol):
    """DeepfakeClient.detect_stream, or a fake in tests."""

    def __call__(
        self,
        *,
        url: str | Callable[[], str] = ...,
        base64: str = ...,
        file: bytes | None = ...,
        kind: str,
        merchant_biz_id: str,
        deadline: Deadline,
    ) -> Detection:
        """Screens exactly one of the three."""


def detect_bytes(
    detect: DetectContent, data: bytes, *, kind: str, merchant_biz_id: str, deadline: Deadline
) -> Detection:
    """An image of up to 1 MB goes in Base64, anything else as a file."""
    if kind == "image" and len(data) <= LARGEST_INLINE:
        text = b64encode(data).decode()
        return detect(base64=text, kind=kind, merchant_biz_id=merchant_biz_id, deadline=deadline)
    return detect(file=data, kind=kind, merchant_biz_id=merchant_biz_id, deadline=deadline)


class ByUrl:
    """A presigned URL for each attempt; the service downloads from the bucket."""

    def __init__(self, store: ObjectStore, detect: Detect, seconds: int) -> None:
        self._store = store
        self._detect = detect
        self._seconds = seconds

    def __call__(
        self, ref: ObjectRef, *, kind: str, convert: bool, merchant_biz_id: str, deadline: Deadline
    ) -> Detection:
        return self._detect(
            url=lambda: self._store.presign(ref, self._seconds, convert=convert),
            kind=kind,
            merchant_biz_id=merchant_biz_id,
            deadline=deadline,
        )


class Inline:
    """No URL leaves: the bytes are read here and sent."""

    def __init__(self, store: ObjectStore, detect: DetectContent) -> None:
        self._store = store
        self._detect = detect

    def __call__(
        self, ref: ObjectRef, *, kind: str, convert: bool, merchant_biz_id: str, deadline: Deadline
    ) -> Detection:
        data = self._store.download(ref, convert=convert)
        return detect_bytes(
            self._detect, data, kind=kind, merchant_biz_id=merchant_biz_id, deadline=deadline
        )


class Auto:
    """Inline what fits into Base64 as it stands; a URL for the rest."""

    def __init__(self, inline: Transfer, by_url: Transfer) -> None:
        self._inline = inline
        self._by_url = by_url

    def __call__(
        self, ref: ObjectRef, *, kind: str, convert: bool, merchant_biz_id: str, deadline: Deadline
    ) -> Detection:
        fits = ref.size is not None and ref.size <= LARGEST_INLINE
        transfer = self._inline if fits and kind == "image" and not convert else self._by_url
        return transfer(
            ref, kind=kind, convert=convert, merchant_biz_id=merchant_biz_id, deadline=deadline
        )
