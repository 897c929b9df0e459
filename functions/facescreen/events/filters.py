"""Filters for the objects to screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facescreen.model import ObjectType

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


@dataclass(frozen=True)
class Filters:
    """Filters by key and size. An empty include list allows every key; exclusions always win."""

    include_prefixes: tuple[str, ...] = ()
    exclude_prefixes: tuple[str, ...] = ()
    include_suffixes: tuple[str, ...] = ()
    """Lower case; compared case-insensitively."""
    exclude_suffixes: tuple[str, ...] = ()
    min_bytes: int = 0
    max_bytes: int | None = None
    """None means no limit."""

    def get_skip_reason(self, ref: ObjectRef) -> str:
        """Return why the object is not screened: ``prefix``, ``suffix`` or ``size``; empty if it
        is."""
        lower_key = ref.key.lower()
        if self.include_prefixes and not ref.key.startswith(self.include_prefixes):
            return "prefix"
        if ref.key.startswith(self.exclude_prefixes):
            return "prefix"
        if self.include_suffixes and not lower_key.endswith(self.include_suffixes):
            return "suffix"
        if lower_key.endswith(self.exclude_suffixes):
            return "suffix"
        return self._get_size_skip_reason(ref.size)

    def excludes_listed(self, ref: ObjectRef, object_type: ObjectType) -> bool:
        """Whether an object is not screened that is listed with `object_type`. A symlink is never a
        folder marker, and its size says nothing about the bytes that its readers get."""
        if object_type is ObjectType.SYMLINK:
            return bool(self.get_skip_reason(replace(ref, size=None)))
        return ref.is_folder_marker or bool(self.get_skip_reason(ref))

    def excludes_prefix(self, prefix: str) -> bool:
        """Whether every key that starts with `prefix` is skipped."""
        if prefix.startswith(self.exclude_prefixes):
            return True
        overlaps = (
            prefix.startswith(included) or included.startswith(prefix)
            for included in self.include_prefixes
        )
        return bool(self.include_prefixes) and not any(overlaps)

    def _get_size_skip_reason(self, size: int | None) -> str:
        if size is None:
            return ""
        if size < self.min_bytes or (self.max_bytes is not None and size > self.max_bytes):
            return "size"
        return ""
