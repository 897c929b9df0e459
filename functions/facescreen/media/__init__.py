"""Reads from an object's bytes its type, its size as displayed, and a video's duration and frame
rate.

Uses only the standard library. No byte is trusted: a probe always ends with a Media or an
UnreadableMediaError, after at most six ranged reads and 4 MB (see reader).
"""
