"""Have the deployed function screen what was in the bucket before it."""
