"""Finds the project's own files: s.yaml, the handlers, the lock files.

A checkout has them in its folders. An installed package has them as package data, in the same
layout.
"""

from pathlib import Path

_PACKAGE_DATA_FOLDER = Path(__file__).with_name("project_files")
_IS_INSTALLED = _PACKAGE_DATA_FOLDER.is_dir()

PROJECT_FOLDER = _PACKAGE_DATA_FOLDER if _IS_INSTALLED else Path(__file__).parents[2]
"""The folder of s.yaml."""
CODE_ROOT = Path() if _IS_INSTALLED else PROJECT_FOLDER
"""The folder that ``code: ./dist/…`` in s.yaml is relative to: the current folder if PROJECT_FOLDER
is package data, which is not written to."""
