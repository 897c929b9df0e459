"""JPEG (ITU-T T.81): its segments, its frame, and what follows its picture."""
