"""EXIF metadata: the image file directories that it shares with TIFF, and the orientation."""
