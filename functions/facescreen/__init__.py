"""Screens face images and videos in object storage for deepfakes."""

__version__ = "0.1.0"
