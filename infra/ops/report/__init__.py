"""``report``: what stands on the objects of a bucket."""

from .command import report

__all__ = ["report"]
