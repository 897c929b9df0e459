"""Screens face images and videos in object storage for deepfakes."""
