"""The variables of a command: the process's own, and those of ``--env FILE``."""

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
from facescreen_cli.project import PROJECT_FOLDER

_MAX_FILE_BYTES = 64 * 1024
_UPLOADS_HANDLER = "object_created.handler"


def find_template() -> Path:
    """The s.yaml in the current folder, or else this program's."""
    local_template = Path("s.yaml")
    return local_template if local_template.exists() else PROJECT_FOLDER / local_template


def with_defaults(
    declared: Mapping[str, str | None], values: Mapping[str, str], *, missing: str = ""
) -> dict[str, str]:
    """Fill `values` with the defaults that s.yaml declares, as Serverless Devs does: an empty value
    counts as not set. A name without a value or default gets `missing`."""
    defaults = {name: missing if value is None else value for name, value in declared.items()}
    return {**defaults, **{name: value for name, value in values.items() if value}}


@contextmanager
def translate_settings_errors() -> Iterator[None]:
    """Turns a missing or wrong setting into a usage error, like a wrong option. Use it only to read
    settings: a service's rejection is not a usage error."""
    try:
        yield
    except (InvalidSettingsError, InvalidCredentialsError) as error:
        raise click.UsageError(str(error)) from None


@dataclass(frozen=True)
class Environment:
    """The variables that are set. Without a file they are the process's. With a file, its lines
    override them, and s.yaml's defaults fill the rest."""

    process: Mapping[str, str]
    """The process's variables, overridden by the file's."""
    file: Mapping[str, str] | None = None
    """The file's variables; None without a file."""
    shadowed_settings: tuple[str, ...] = ()
    """Names in the file that had another value in the process."""
    template: Path = field(default_factory=find_template)

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """All variables by name. Raises click.UsageError if s.yaml is wrong."""
        if self._has_no_defaults:
            return self.process
        return with_defaults(self._declared, self.process)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The variables as the function that screens uploads receives them, without those that
        s.yaml reads but doesn't pass on. Raises click.UsageError if s.yaml is wrong."""
        if self._has_no_defaults:
            return self.process
        from facescreen_serverless_devs.functions import load_function_environment

        # A blank counts as not set. The settings' reader reports it with the other errors.
        complete = with_defaults(self._declared, self.process, missing=" ")
        with _translate_template_errors():
            function_variables = load_function_environment(
                self.template, _UPLOADS_HANDLER, complete
            )
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
        from facescreen_serverless_devs.variables import find_env_defaults

        with _translate_template_errors():
            return find_env_defaults(document.read_template(self.template))


def load_environment(path: Path | None) -> Environment:
    """Load the file into this process's environment, because libraries that find credentials read
    only that. Raises click.UsageError if the file is wrong."""
    if path is None:
        return Environment(os.environ)
    file_variables = _read_env_file(path)
    shadowed_settings = tuple(
        name for name, value in file_variables.items() if os.environ.get(name, value) != value
    )
    os.environ.update(file_variables)
    return Environment(os.environ, file_variables, shadowed_settings)


def _read_env_file(path: Path) -> dict[str, str]:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise click.UsageError(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
    with path.open(encoding="utf-8") as stream:
        # The library's own warnings repeat the line, which may hold a secret.
        for binding in parse_stream(stream):
            if binding.error or (binding.key and binding.value is None):
                raise click.UsageError(f"{path}, line {binding.original.line}: not KEY=value")
    return {n: value or "" for n, value in dotenv_values(path, interpolate=False).items()}


@contextmanager
def _translate_template_errors() -> Iterator[None]:
    from facescreen_serverless_devs.section import InvalidTemplateError

    try:
        yield
    except (InvalidTemplateError, UnicodeDecodeError, OSError) as error:
        raise click.UsageError(f"s.yaml: {error}") from None
