"""Build what is deployed: a zip for each function and cloud."""
