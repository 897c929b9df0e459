"""``redrive``: what failed for good goes to the function again."""

from infra.ops.redrive.command import redrive

__all__ = ["redrive"]
