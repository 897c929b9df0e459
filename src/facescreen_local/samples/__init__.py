"""Sample files to try facescreen with, made from two free photographs."""

from facescreen_local.samples.catalogue import SampleFile, make_samples, verdicts_for

__all__ = ["SampleFile", "make_samples", "verdicts_for"]
