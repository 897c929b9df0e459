"""How a command ends: its exit codes."""

OK = 0
"""All low risk; for a command that screens nothing, that it did its work."""
FLAGGED = 1
FAILED = 2
"""Something is unscreenable or failed, or a service refused."""
USAGE = 64
"""An option, an argument or a setting is missing or wrong: nothing was asked of a service."""
INTERRUPTED = 130
