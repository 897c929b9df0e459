"""Release objects from quarantine."""
