"""Reads from an object's bytes its type, its size as displayed, a video's duration and frame rate,
and whether all common readers show the same picture (see one_picture).

Uses only the standard library. No byte is trusted: a probe always ends with a Media or an
UnreadableMediaError, after at most 20 MB (see reader).
"""
