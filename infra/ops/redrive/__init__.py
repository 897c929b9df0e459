"""``redrive``: what failed for good goes to the function again."""

from .command import redrive

__all__ = ["redrive"]
