"""``release``: what a person takes back out of quarantine."""

from .command import release

__all__ = ["release"]
