"""The signatures that Function Compute checks: one module per scheme, and what they share."""
