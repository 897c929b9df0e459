"""Reads and checks Serverless Devs' s.yaml, and returns its functions and triggers."""
