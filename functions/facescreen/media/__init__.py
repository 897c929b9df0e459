"""Reads from an object's bytes its type, its size as displayed, a video's duration and frame rate,
and whether all common readers show the same picture (see one_picture).

`probe` detects the format and calls its reader: `bmp`, `gif`, `tiff` and `webp` are one file each,
`iso` (MP4, QuickTime, HEIC, AVIF), `jpeg` and `png` are packages. `color`, `exif` and `icc` read
what files of several formats contain.

Uses only the standard library. No byte is trusted: a probe always ends with a Media or an
UnreadableMediaError. It reads an object of up to 20 MB whole, in one read, and of a larger one at
most 20 MB (see reader).
"""
