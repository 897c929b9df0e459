"""The variables that a command works with: the process's own, or those of ``--env FILE``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import click
from dotenv import dotenv_values
from dotenv.parser import parse_stream

from facescreen.errors import InvalidCredentialsError, InvalidSettingsError
from facescreen_cli.project import PROJECT

_MAX_FILE_BYTES = 64 * 1024
_HANDLER = "object_created.handler"


def find_template() -> Path:
    """The s.yaml of this folder, or else the one beside this program."""
    local_template = Path("s.yaml")
    return local_template if local_template.exists() else PROJECT / local_template


def with_defaults(
    declared: Mapping[str, str | None], values: Mapping[str, str], *, missing: str = ""
) -> dict[str, str]:
    """`given` over the defaults that s.yaml declares, as Serverless Devs has it: what is empty is
    not set. A name that has neither has `missing` for a value."""
    defaults = {name: missing if value is None else value for name, value in declared.items()}
    return {**defaults, **{name: value for name, value in values.items() if value}}


@contextmanager
def settings_as_usage_errors() -> Iterator[None]:
    """Makes a setting that is missing or wrong a usage error, as a wrong option is. It is for
    reading settings alone: what a service refuses is none."""
    try:
        yield
    except (InvalidSettingsError, InvalidCredentialsError) as wrong:
        raise click.UsageError(str(wrong)) from None


@dataclass(frozen=True)
class Environment:
    """What is set. Without a file these are the process's variables, as they are; with one, its
    lines go before them, and s.yaml's defaults hold where neither sets anything."""

    process: Mapping[str, str]
    """The process's variables, the file's among them."""
    file: Mapping[str, str] | None = None
    """What the file sets; None without one."""
    shadowed: tuple[str, ...] = ()
    """Names of the file that the process had another value of."""
    template: Path = field(default_factory=find_template)

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """By name. Raises click.UsageError where s.yaml is wrong."""
        if self._has_no_defaults:
            return self.process
        return with_defaults(self._declared, self.process)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """As the function that screens uploads has them: what s.yaml reads and does not hand to it
        is left out. Raises click.UsageError where s.yaml is wrong."""
        if self._has_no_defaults:
            return self.process
        from facescreen_serverless_devs.functions import load_environment

        # A blank reads as not set: who reads it says so, together with all else that is wrong.
        complete = with_defaults(self._declared, self.process, missing=" ")
        with _template_errors():
            function_variables = load_environment(self.template, _HANDLER, complete)
        return {
            **{n: value for n, value in self.process.items() if n not in self._declared},
            **function_variables,
            "FC_ACCOUNT_ID": complete.get("ALIBABA_CLOUD_ACCOUNT_ID", ""),
        }

    @property
    def _has_no_defaults(self) -> bool:
        return self.file is None or not self.template.exists()

    @cached_property
    def _declared(self) -> Mapping[str, str | None]:
        # Imported late: a command's --help is not to wait for YAML and schedules.
        from facescreen_serverless_devs import document
        from facescreen_serverless_devs.variables import names_of

        with _template_errors():
            return names_of(document.read(self.template))


def load_environment(path: Path | None) -> Environment:
    """The environment of this process, with the lines of a file put into it: libraries that find
    credentials read nothing else. Raises click.UsageError for a file that is wrong."""
    if path is None:
        return Environment(os.environ)
    file_variables = _read_env_file(path)
    shadowed = tuple(
        name for name, value in file_variables.items() if os.environ.get(name, value) != value
    )
    os.environ.update(file_variables)
    return Environment(os.environ, file_variables, shadowed)


def _read_env_file(path: Path) -> dict[str, str]:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise click.UsageError(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
    with path.open(encoding="utf-8") as stream:
        # Not by the library's own warnings: they repeat the line, and it may hold a secret.
        for binding in parse_stream(stream):
            if binding.error or (binding.key and binding.value is None):
                raise click.UsageError(f"{path}, line {binding.original.line}: not KEY=value")
    return {n: value or "" for n, value in dotenv_values(path, interpolate=False).items()}


@contextmanager
def _template_errors() -> Iterator[None]:
    from facescreen_serverless_devs.section import InvalidTemplateError

    try:
        yield
    except (InvalidTemplateError, UnicodeDecodeError, OSError) as error:
        raise click.UsageError(f"s.yaml: {error}") from None
