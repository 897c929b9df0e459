"""Rows of the table, and how an environment is read by them: all that is wrong is named at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from facescreen.errors import InvalidSettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from facescreen.settings.forms import Form

T = TypeVar("T")
G = TypeVar("G", bound="Group")

_REFERENCE = re.compile(r"\$\{([A-Z_|]+)\}")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One row: an environment variable, and all that is known of it."""

    name: str
    form: Form[T]
    default: str | None = None
    """As it would stand in the environment; None: it must be given. ``${NAME}`` stands for another
    variable, ``${ONE|OTHER}`` for the first that is set; where none is, it must be given."""
    doc: str = ""
    """What it is for, for whoever fills it in."""
    where: str = ""
    """Where its value is found."""
    section: str = ""
    """The heading under which .env.example has it; empty where it is not there."""

    def error(self, text: str) -> str:
        """What is wrong with `text`, which is not shown: it may be a secret."""
        must_be = f"{self.name} must be {self.form.must_be}"
        if not self.where:
            return must_be
        got = f"it has {len(text)} characters" if text else "it is not set"
        return f"{must_be}; {got} (find it: {self.where})"


@dataclass(frozen=True)
class Contradiction:
    """Settings that are right by themselves, and wrong together."""

    names: tuple[str, ...]
    error: str


class Group:
    """Settings that are read together: a frozen dataclass whose fields are made by `setting`,
    `shared_setting` and `group`."""

    read_by: ClassVar[tuple[str, ...]] = ()
    """The handlers that read it."""

    def contradictions(self) -> Iterable[Contradiction]:
        """What of these settings does not go together."""
        return ()


def setting(
    name: str,
    form: Form[T],
    default: str | None = None,
    *,
    doc: str = "",
    where: str = "",
    section: str = "",
) -> T:
    """A group's field, and the row that it is read by (see Setting)."""
    return shared_setting(Setting(name, form, default, doc, where, section))


def shared_setting(row: Setting[T]) -> T:
    """A group's field that is read by a row which other groups have too."""
    made: Any = field(metadata={"row": row})
    value: T = made
    return value


def group(kind: type[G]) -> G:
    """A group's field that is a group itself."""
    made: Any = field(metadata={"group": kind})
    value: G = made
    return value


def rows(kind: type[Group]) -> Iterator[Setting[Any]]:
    """The rows of a group, and of the groups in it."""
    for each in fields(kind):  # type: ignore[arg-type]
        if "row" in each.metadata:
            yield each.metadata["row"]
        else:
            yield from rows(each.metadata["group"])


class Reader:
    """Reads groups of settings and keeps what is wrong with them."""

    def __init__(self, environment: Mapping[str, str], *, unused: Collection[str] = ()) -> None:
        """`unused` are names that this caller has no use for: they are left empty, unread."""
        self._environment = environment
        self._unused = frozenset(unused)
        self._wrong: set[str] = set()
        self._texts: dict[str, str] = {}
        self.errors: list[str] = []

    def read(self, kind: type[G]) -> G:
        """A group. What is wrong is kept for `check`."""
        values = {each.name: self._field(each.metadata) for each in fields(kind)}  # type: ignore[arg-type]
        settings = kind(**values)
        for contradiction in settings.contradictions():
            if not (self._wrong | self._unused) & set(contradiction.names):
                self.errors.append(contradiction.error)
        return settings

    def value(self, row: Setting[T]) -> T:
        """One setting. What is wrong is kept for `check`."""
        if row.name in self._unused:
            return row.form.empty
        default = self._expanded(row.default)
        text = self._environment.get(row.name, "").strip() or default
        self._texts[row.name] = text or ""
        if text == "":
            return row.form.empty
        try:
            if text is not None:
                return row.form.parse(text)
        except ValueError:
            pass
        self._wrong.add(row.name)
        self.errors.append(row.error(text or ""))
        try:
            return row.form.parse(default) if default else row.form.empty
        except ValueError:  # It refers to a variable that is wrong itself.
            return row.form.empty

    def check(self) -> None:
        """Raises InvalidSettingsError, which names everything that is wrong."""
        if self.errors:
            errors = tuple(dict.fromkeys(self.errors))
            raise InvalidSettingsError("; ".join(errors), wrong=errors)

    def _field(self, metadata: Mapping[str, Any]) -> Any:
        return self.value(metadata["row"]) if "row" in metadata else self.read(metadata["group"])

    def _expanded(self, default: str | None) -> str | None:
        """None where a variable that it refers to is not set."""
        if default is None:
            return None
        referred = {name: self._first(name.split("|")) for name in _REFERENCE.findall(default)}
        if "" in referred.values():
            return None
        return _REFERENCE.sub(lambda match: referred[match[1]], default)

    def _first(self, names: list[str]) -> str:
        """Of these variables the first that is set, or was read with a default."""
        texts = (self._environment.get(n, "").strip() or self._texts.get(n, "") for n in names)
        return next(filter(None, texts), "")


def load(kind: type[G], environment: Mapping[str, str], *, unused: Collection[str] = ()) -> G:
    """A group by itself. Raises InvalidSettingsError, which names everything that is wrong."""
    reader = Reader(environment, unused=unused)
    settings = reader.read(kind)
    reader.check()
    return settings
