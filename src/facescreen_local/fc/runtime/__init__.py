"""Instances of functions, and what runs in them."""
