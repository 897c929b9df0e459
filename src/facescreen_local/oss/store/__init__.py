"""The service's state: buckets, object versions and uploads in SQLite, their bytes in files."""

from __future__ import annotations

from pathlib import Path

from facescreen_local.oss.store.blobs import Blobs
from facescreen_local.oss.store.buckets import Buckets
from facescreen_local.oss.store.objects import Objects
from facescreen_local.oss.store.schema import SCHEMA
from facescreen_local.oss.store.uploads import MultipartUploads
from facescreen_local.protocol.database import Database


class Store:
    """All state in one folder. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(folder / "metadata.sqlite", SCHEMA)
        self.blobs = Blobs(folder / "blobs")
        self.buckets = Buckets(self._database)
        self.objects = Objects(self._database, self.blobs)
        self.uploads = MultipartUploads(self._database, self.blobs)
        # Delete the blobs that a killed process has written but not recorded.
        self.blobs.delete_all_except(self.objects.list_blobs() | self.uploads.list_blobs())

    def close(self) -> None:
        """Close the database. The store can't be used afterwards."""
        self._database.close()
