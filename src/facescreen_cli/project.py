"""Where the project's own files are: s.yaml, the handlers, the lock files."""

from pathlib import Path

PROJECT = Path(__file__).parents[2]
