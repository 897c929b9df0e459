"""What the bytes of an object say: its type, its size as displayed, a video's duration and pace.

Standard library only. Every byte is hostile: whatever it says, a probe ends in a Media or in
UnreadableMediaError, after at most six ranged reads and 4 MB (see reader).
"""
