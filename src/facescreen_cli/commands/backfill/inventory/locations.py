"""Where an inventory lies: in its destination bucket, or in a folder that it was copied to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from click import UsageError

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.storage.ports import ObjectStore
from facescreen.timing import retry
from facescreen_cli.buckets import permission_hint
from facescreen_cli.commands.backfill.inventory.manifest import LARGEST

_BLOCK = 8 * 1024 * 1024
"""Bytes that one request asks for: a connection held open all the while would be cut."""


class Place(Protocol):
    """All methods raise errors.FacescreenError."""

    def manifest(self) -> bytes:
        """manifest.json."""

    def checksum(self) -> str:
        """What manifest.checksum says: its MD5. Empty where there is none."""

    def opened(self, key: str) -> Any:
        """A context manager: the bytes of one of its files."""


@dataclass(frozen=True)
class Folder:
    """The manifest beside its files, or as in the bucket: ``data`` beside the manifest's folder."""

    path: Path
    """Of manifest.json."""

    def manifest(self) -> bytes:
        try:
            with self.path.open("rb") as data:
                return _capped(data.read(LARGEST + 1))
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}") from None

    def checksum(self) -> str:
        beside = self.path.with_suffix(".checksum")
        return beside.read_text(errors="replace").strip() if beside.is_file() else ""

    @contextmanager
    def opened(self, key: str) -> Iterator[IO[bytes]]:
        # Nothing but the name: what else the key says could lead out of the folder.
        name, here = PurePosixPath(key).name, self.path.absolute().parent
        for folder in (here, here / "data", here.parent / "data"):
            if (folder / name).is_file():
                with (folder / name).open("rb") as data:
                    yield data
                return
        raise UsageError(f"{name} is not beside {self.path}, nor in a folder data there")


@dataclass(frozen=True)
class InBucket:
    """An object that is a manifest, and its files in the same bucket."""

    store: ObjectStore
    bucket: str
    key: str

    def manifest(self) -> bytes:
        with self._open(self.key) as data:
            return _capped(data.read(LARGEST + 1))

    def checksum(self) -> str:
        try:
            with self._open(self.key.removesuffix(".json") + ".checksum") as data:
                return bytes(data.read(100)).decode(errors="replace").strip()
        except errors.ObjectNotFoundError:
            return ""

    def opened(self, key: str) -> Any:
        return self._open(key)

    @contextmanager
    def _open(self, key: str) -> Iterator[IO[bytes]]:
        ref = ObjectRef(self.store.name, self.bucket, key)
        with permission_hint(f"{self.store.name}:GetObject", self.bucket):
            head = retry(lambda: self.store.head(ref))
            pinned = replace(ref, etag=head.etag, version_id=head.version_id)
            yield io.BufferedReader(_Ranges(self.store, pinned, head.size), _BLOCK)


class _Ranges(io.RawIOBase):
    """An object, read a range at a time."""

    def __init__(self, store: ObjectStore, ref: ObjectRef, size: int) -> None:
        self._store, self._ref, self._size = store, ref, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._at)
        if not length:
            return 0
        block = retry(lambda: self._store.read(self._ref, self._at, length))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)


def _capped(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise UsageError(f"the manifest has more than {LARGEST} bytes")
    return data
