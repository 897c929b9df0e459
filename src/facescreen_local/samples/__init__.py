"""Sample files to try facescreen with, made from two free photographs."""

from facescreen_local.samples.catalogue import SampleFile, build_scripted_verdicts, make_samples

__all__ = ["SampleFile", "build_scripted_verdicts", "make_samples"]
