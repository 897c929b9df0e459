"""Screen samples on a local cloud, and print the verdicts."""
