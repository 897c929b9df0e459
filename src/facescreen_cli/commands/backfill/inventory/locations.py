"""Where an inventory is: in its destination bucket, or in a folder that it was copied to."""

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
from facescreen_cli.buckets import name_missing_permission
from facescreen_cli.commands.backfill.inventory.manifest import MAX_MANIFEST_BYTES

_BLOCK_BYTES = 8 * 1024 * 1024
"""Read per request: a connection that stays open while rows are processed would be closed."""


class InventoryLocation(Protocol):
    """All methods raise errors.FacescreenError."""

    def read_manifest(self) -> bytes:
        """Read manifest.json."""

    def read_checksum(self) -> str:
        """Read manifest.checksum, the manifest's MD5. Empty if there is none."""

    def open_file(self, key: str) -> Any:
        """A context manager that opens one of the inventory's files for reading."""


@dataclass(frozen=True)
class FolderLocation:
    """A local copy: the files beside the manifest, or in ``data`` beside the manifest's folder, as
    in the bucket."""

    manifest_path: Path

    def read_manifest(self) -> bytes:
        try:
            with self.manifest_path.open("rb") as stream:
                return _check_manifest_size(stream.read(MAX_MANIFEST_BYTES + 1))
        except OSError as error:
            raise UsageError(f"{self.manifest_path}: {error.strerror}") from None

    def read_checksum(self) -> str:
        path = self.manifest_path.with_suffix(".checksum")
        return path.read_text(errors="replace").strip() if path.is_file() else ""

    @contextmanager
    def open_file(self, key: str) -> Iterator[IO[bytes]]:
        # Only the name: the rest of the key could lead out of the folder.
        name, parent = PurePosixPath(key).name, self.manifest_path.absolute().parent
        for folder in (parent, parent / "data", parent.parent / "data"):
            if (folder / name).is_file():
                with (folder / name).open("rb") as stream:
                    yield stream
                return
        raise UsageError(
            f"{name} is neither beside {self.manifest_path} nor in a data folder there"
        )


@dataclass(frozen=True)
class BucketLocation:
    """A manifest in a bucket, with its files in the same bucket."""

    store: ObjectStore
    bucket: str
    manifest_key: str

    def read_manifest(self) -> bytes:
        with self._open(self.manifest_key) as stream:
            return _check_manifest_size(stream.read(MAX_MANIFEST_BYTES + 1))

    def read_checksum(self) -> str:
        try:
            with self._open(self.manifest_key.removesuffix(".json") + ".checksum") as stream:
                return bytes(stream.read(100)).decode(errors="replace").strip()
        except errors.ObjectNotFoundError:
            return ""

    def open_file(self, key: str) -> Any:
        return self._open(key)

    @contextmanager
    def _open(self, key: str) -> Iterator[IO[bytes]]:
        ref = ObjectRef(self.store.name, self.bucket, key)
        with name_missing_permission(f"{self.store.name}:GetObject", self.bucket):
            head = retry(lambda: self.store.head(ref))
            pinned = replace(ref, etag=head.etag, version_id=head.version_id)
            yield io.BufferedReader(_RangeReader(self.store, pinned, head.size), _BLOCK_BYTES)


class _RangeReader(io.RawIOBase):
    """Reads an object, one range per request."""

    def __init__(self, store: ObjectStore, ref: ObjectRef, size: int) -> None:
        self._store, self._ref, self._size = store, ref, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._position)
        if not length:
            return 0
        block = retry(lambda: self._store.read(self._ref, self._position, length))
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)


def _check_manifest_size(data: bytes) -> bytes:
    if len(data) > MAX_MANIFEST_BYTES:
        raise UsageError(f"the manifest is larger than {MAX_MANIFEST_BYTES} bytes")
    return data
