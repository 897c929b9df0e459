"""Screen existing objects with the deployed function."""
