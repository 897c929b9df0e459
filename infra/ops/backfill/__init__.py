"""``backfill``: what was in the bucket before, handed to the deployed function."""

from infra.ops.backfill.command import backfill

__all__ = ["backfill"]
