"""How a command ends: its exit codes."""

ALL_LOW_RISK = 0
FLAGGED = 1
NOT_ALL_SCREENED = 2
"""Something is unscreenable or failed, or a service refused."""
USAGE = 64
INTERRUPTED = 130
