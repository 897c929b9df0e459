"""Files to try the product with, made on the spot from two free photographs."""

from facescreen_local.samples.catalogue import Sample, make_samples, verdicts

__all__ = ["Sample", "make_samples", "verdicts"]
