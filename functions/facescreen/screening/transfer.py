"""How an object's bytes reach the service: by a URL that it downloads, or in our own request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from facescreen.deepfake.request import MAX_INLINE_BYTES, DetectRequest

if TYPE_CHECKING:
    from facescreen.model import ObjectRef
    from facescreen.storage.ports import ObjectStore


class Transfer(Protocol):
    """Makes the request that has one object judged."""

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        """`kind` is ``image`` or ``video``; `convert` asks the store for a conforming JPEG."""


class UrlTransfer:
    """A presigned URL for each attempt; the service downloads from the bucket."""

    def __init__(self, store: ObjectStore, seconds: int) -> None:
        self._store = store
        self._seconds = seconds

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        def presign() -> str:
            return self._store.presign(ref, self._seconds, convert=convert)

        return DetectRequest(url=presign, kind=kind)


class InlineTransfer:
    """No URL leaves: the bytes are read here and sent."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        return DetectRequest.from_bytes(self._store.download(ref, convert=convert), kind=kind)


class AutoTransfer:
    """Inline what fits into Base64 as it stands; a URL for the rest."""

    def __init__(self, inline: Transfer, by_url: Transfer) -> None:
        self._inline = inline
        self._by_url = by_url

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        fits = ref.size is not None and ref.size <= MAX_INLINE_BYTES
        transfer = self._inline if fits and kind == "image" and not convert else self._by_url
        return transfer.build_request(ref, kind, convert=convert)
