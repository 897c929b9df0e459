"""What the first bytes of an object say: its kind, its size as displayed, a video's pace.

Standard library only. Every byte is hostile: whatever it says, a probe ends in a Media or in
Unreadable, after at most six ranged reads and 4 MB (see window).
"""

from facescreen.media.kinds import probe
from facescreen.media.model import Media, Unreadable
from facescreen.media.window import Reader

__all__ = ["Media", "Reader", "Unreadable", "probe"]
