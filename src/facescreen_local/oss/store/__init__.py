"""What the service keeps: buckets, object versions, uploads in SQLite; their bytes in files."""

from __future__ import annotations

from pathlib import Path

from facescreen_local.oss.store.blobs import Blobs
from facescreen_local.oss.store.buckets import Buckets
from facescreen_local.oss.store.objects import Objects
from facescreen_local.oss.store.schema import SCHEMA
from facescreen_local.oss.store.uploads import Uploads
from facescreen_local.protocol.database import Database


class Store:
    """Everything in one folder. Safe to call from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(folder / "metadata.sqlite", SCHEMA)
        self.blobs = Blobs(folder / "blobs")
        self.buckets = Buckets(self._database)
        self.objects = Objects(self._database, self.blobs)
        self.uploads = Uploads(self._database, self.blobs)
        # What a killed process had received but not recorded.
        self.blobs.keep_only(self.objects.blobs() | self.uploads.blobs())

    def close(self) -> None:
        """Gives the files back; the store is of no use afterwards."""
        self._database.close()
