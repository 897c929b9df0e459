"""Decodes images and videos, finds faces, and measures their quality."""
