"""Serverless Devs' s.yaml: read, checked, and turned into functions and triggers."""
