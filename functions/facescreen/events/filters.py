"""Which objects are ours to screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


@dataclass(frozen=True)
class Filters:
    """By key and size. An empty include list admits every key; an exclusion always wins."""

    include_prefixes: tuple[str, ...] = ()
    exclude_prefixes: tuple[str, ...] = ()
    include_suffixes: tuple[str, ...] = ()
    """Compared without regard to case, as suffixes lie anyway."""
    exclude_suffixes: tuple[str, ...] = ()
    smallest: int = 0
    """Bytes."""
    largest: int | None = None
    """Bytes; None means no limit."""

    def reason_to_skip(self, ref: ObjectRef) -> str:
        """``prefix``, ``suffix`` or ``size``; an empty text when it is ours."""
        suffixed = ref.key.lower()
        if self.include_prefixes and not ref.key.startswith(self.include_prefixes):
            return "prefix"
        if ref.key.startswith(self.exclude_prefixes):
            return "prefix"
        if self.include_suffixes and not suffixed.endswith(self.include_suffixes):
            return "suffix"
        if suffixed.endswith(self.exclude_suffixes):
            return "suffix"
        return self._size_reason(ref.size)

    def skip_all_under(self, prefix: str) -> bool:
        """Whether no key that starts with `prefix` is ours, whatever follows."""
        if prefix.startswith(self.exclude_prefixes):
            return True
        overlap = (
            prefix.startswith(own) or own.startswith(prefix) for own in self.include_prefixes
        )
        return bool(self.include_prefixes) and not any(overlap)

    def _size_reason(self, size: int | None) -> str:
        if size is None:
            return ""
        if size < self.smallest or (self.largest is not None and size > self.largest):
            return "size"
        return ""
