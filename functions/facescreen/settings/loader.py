"""Settings and groups of settings, and a reader that reports all invalid settings at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from facescreen.errors import InvalidSettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from facescreen.settings.setting_types import SettingType

T = TypeVar("T")
GroupT = TypeVar("GroupT", bound="SettingsGroup")

_VARIABLE_REFERENCE_PATTERN = re.compile(r"\$\{([A-Z_|]+)\}")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A setting: an environment variable, its type, its default and its description."""

    name: str
    type: SettingType[T]
    default: str | None = None
    """The default as a string; None if the setting is required. ``${NAME}`` is replaced by another
    variable, ``${ONE|OTHER}`` by the first that is set; if none is, the setting is required."""
    doc: str = ""
    """What the setting does, for the operator."""
    where: str = ""
    """Where to find its value."""
    section: str = ""
    """Its heading in .env.example; empty if it is not listed there."""

    def build_error_message(self, value: str) -> str:
        """Build the error message for an invalid value, without it: it may be a secret."""
        message = f"{self.name} must be {self.type.valid_values}"
        if not self.where:
            return message
        problem = f"it has {len(value)} characters" if value else "it is not set"
        return f"{message}; {problem} (find it: {self.where})"


@dataclass(frozen=True)
class SettingsConflict:
    """Settings that are valid individually, but not together."""

    names: tuple[str, ...]
    error: str


class SettingsGroup:
    """Base of groups of settings: frozen dataclasses whose fields are created with `setting`,
    `shared_setting` and `settings_group`."""

    read_by: ClassVar[tuple[str, ...]] = ()
    """The handlers that read the group."""

    def find_conflicts(self) -> Iterable[SettingsConflict]:
        """Return the conflicts between these settings."""
        return ()


def setting(
    name: str,
    type: SettingType[T],
    default: str | None = None,
    *,
    doc: str = "",
    where: str = "",
    section: str = "",
) -> T:
    """Create a field of a group, for a new Setting with these attributes."""
    return shared_setting(Setting(name, type, default, doc, where, section))


def shared_setting(definition: Setting[T]) -> T:
    """Create a field of a group, for a Setting that other groups have too."""
    dataclass_field: Any = field(metadata={"setting": definition})
    typed_field: T = dataclass_field
    return typed_field


def settings_group(group_class: type[GroupT]) -> GroupT:
    """Create a field of a group that is a group itself."""
    dataclass_field: Any = field(metadata={"group": group_class})
    typed_field: GroupT = dataclass_field
    return typed_field


def iterate_settings(group_class: type[SettingsGroup]) -> Iterator[Setting[Any]]:
    """Yield the settings of a group, and of the groups in it."""
    for each in fields(group_class):  # type: ignore[arg-type]
        if "setting" in each.metadata:
            yield each.metadata["setting"]
        else:
            yield from iterate_settings(each.metadata["group"])


class SettingsReader:
    """Reads groups of settings from an environment, and collects their errors."""

    def __init__(
        self, environment: Mapping[str, str], *, unused_names: Collection[str] = ()
    ) -> None:
        """The settings in `unused_names` are not read, and get their empty value."""
        self._environment = environment
        self._unused_names = frozenset(unused_names)
        self._invalid_names: set[str] = set()
        self._strings: dict[str, str] = {}
        self.errors: list[str] = []

    def read_group(self, group_class: type[GroupT]) -> GroupT:
        """Read a group. Errors are kept for `raise_errors`."""
        values = {each.name: self._read_field(each.metadata) for each in fields(group_class)}  # type: ignore[arg-type]
        settings = group_class(**values)
        for conflict in settings.find_conflicts():
            if not (self._invalid_names | self._unused_names) & set(conflict.names):
                self.errors.append(conflict.error)
        return settings

    def read_setting(self, definition: Setting[T]) -> T:
        """Read one setting. Errors are kept for `raise_errors`."""
        if definition.name in self._unused_names:
            return definition.type.empty_value
        default = self._expand_default(definition.default)
        string = self._environment.get(definition.name, "").strip() or default
        self._strings[definition.name] = string or ""
        if string == "":
            return definition.type.empty_value
        try:
            if string is not None:
                return definition.type.parse(string)
        except ValueError:
            pass
        self._invalid_names.add(definition.name)
        self.errors.append(definition.build_error_message(string or ""))
        try:
            return definition.type.parse(default) if default else definition.type.empty_value
        except ValueError:  # It refers to a variable that is itself invalid.
            return definition.type.empty_value

    def raise_errors(self) -> None:
        """Raise InvalidSettingsError with all errors so far, if there are any."""
        if self.errors:
            errors = tuple(dict.fromkeys(self.errors))
            raise InvalidSettingsError("; ".join(errors), problems=errors)

    def _read_field(self, metadata: Mapping[str, Any]) -> Any:
        if "setting" in metadata:
            return self.read_setting(metadata["setting"])
        return self.read_group(metadata["group"])

    def _expand_default(self, default: str | None) -> str | None:
        """Return the default with its references replaced; None if one of them is not set."""
        if default is None:
            return None
        replacements = {
            name: self._find_first_set(name.split("|"))
            for name in _VARIABLE_REFERENCE_PATTERN.findall(default)
        }
        if "" in replacements.values():
            return None
        return _VARIABLE_REFERENCE_PATTERN.sub(lambda match: replacements[match[1]], default)

    def _find_first_set(self, names: list[str]) -> str:
        """Return the first of these variables that is set, or was read with a default."""
        strings = (self._environment.get(n, "").strip() or self._strings.get(n, "") for n in names)
        return next(filter(None, strings), "")


def load_settings(
    group_class: type[GroupT], environment: Mapping[str, str], *, unused_names: Collection[str] = ()
) -> GroupT:
    """Read one group. Raises InvalidSettingsError with all errors."""
    reader = SettingsReader(environment, unused_names=unused_names)
    settings = reader.read_group(group_class)
    reader.raise_errors()
    return settings
