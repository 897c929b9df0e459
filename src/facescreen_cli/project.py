"""Finds the project's own files: s.yaml, the handlers, the lock files.

A checkout has them in its folders. An installed package has them as package data, in the same
layout.
"""

from pathlib import Path

_PACKAGE_DATA = Path(__file__).with_name("project_files")
_IS_INSTALLED = _PACKAGE_DATA.is_dir()

PROJECT = _PACKAGE_DATA if _IS_INSTALLED else Path(__file__).parents[2]
"""The folder of s.yaml."""
CODE_ROOT = Path() if _IS_INSTALLED else PROJECT
"""The folder that ``code: ./dist/…`` in s.yaml is relative to: the current folder if PROJECT is
package data, which is not written to."""
