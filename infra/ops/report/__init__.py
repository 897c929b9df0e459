"""``report``: what stands on the objects of a bucket."""

from infra.ops.report.command import report

__all__ = ["report"]
