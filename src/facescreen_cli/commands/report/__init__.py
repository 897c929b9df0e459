"""Summarize the verdicts in a bucket: by verdict, reason and day."""
