"""Build the packages to deploy: a zip for each function and cloud."""
