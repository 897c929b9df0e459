"""What the arguments name: files, the files of folders, URLs, objects."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click

from facescreen.errors import InvalidRequestError, UrlRefusedError
from facescreen.model import ObjectRef
from facescreen.screening.url_rules import UrlRules
from facescreen.storage.keys import parse_object_ref
from facescreen_cli.buckets import STORE_NAMES

# The signatures of media.kinds: a folder's other files are left alone.
_MEDIA = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF.{4}WEBP|GIF8[79]a|BM|II\*\0|MM\0\*"
    rb"|.{4}(?:ftyp|moov|mdat|wide|free|skip|pnot)",
    re.DOTALL,
)
_LONGEST_SIGNATURE = 12


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine."""

    path: Path
    named: bool = True
    """By the user, who may name a link; what is found in a folder must not lead out of it."""

    @property
    def name(self) -> str:
        """As it is shown."""
        return str(self.path)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Its bytes. Raises OSError, also for what is no regular file."""
        # A named pipe that nobody writes to would block an open that may.
        flags = os.O_RDONLY | os.O_NONBLOCK | (0 if self.named else os.O_NOFOLLOW)
        with os.fdopen(os.open(self.path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            yield stream


@dataclass(frozen=True)
class Url:
    """The URL that the service downloads."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """Without what may sign it."""
        return re.split(r"[?#]", self.url, maxsplit=1)[0]


@dataclass(frozen=True)
class BucketObject:
    """An object in a bucket."""

    ref: ObjectRef

    @property
    def name(self) -> str:
        """Its URI."""
        return self.ref.uri


@dataclass(frozen=True)
class Unreadable:
    """A file or folder that was there and could not be read."""

    path: Path
    why: str

    @property
    def name(self) -> str:
        """As it is shown."""
        return str(self.path)


Target = LocalFile | Url | BucketObject | Unreadable


@dataclass
class Found:
    """All that the arguments name, in their order."""

    targets: list[Target] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    """What was left alone in folders, and why."""

    def add(self, argument: str, rules: UrlRules) -> None:
        """What one argument names. Raises click.UsageError."""
        scheme, separator, rest = argument.partition("://")
        if not separator:
            self._add_path(Path(argument))
        elif scheme in STORE_NAMES:
            self.targets.append(BucketObject(_object(scheme, rest)))
        else:
            self.targets.append(_checked(Url(argument), rules))

    def _add_path(self, path: Path) -> None:
        if not path.exists():
            raise click.UsageError(f"there is no file or folder {str(path)!r}")
        if path.is_dir():
            self._add_folder(path)
        else:
            self.targets.append(LocalFile(path))

    def _add_folder(self, folder: Path) -> None:
        """Depth first, each folder in the order of its names."""
        pending = self._entries(folder)
        while pending:
            entry = pending.pop()
            path = Path(entry.path)
            if entry.name.startswith("."):
                self.skipped.append((path, "hidden"))
            elif entry.is_symlink():
                self.skipped.append((path, "symbolic link"))
            elif entry.is_dir(follow_symlinks=False):
                pending += self._entries(path)
            else:
                self._add_file(LocalFile(path, named=False))

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What is in a folder, the last name first."""
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            self.targets.append(Unreadable(folder, error.strerror or "it can't be read"))
            return []

    def _add_file(self, file: LocalFile) -> None:
        try:
            with file.opened() as stream:
                is_media = _MEDIA.match(stream.read(_LONGEST_SIGNATURE))
        except OSError as error:
            if error.errno == errno.EINVAL:
                self.skipped.append((file.path, "not a regular file"))
            else:
                self.targets.append(Unreadable(file.path, error.strerror or "it can't be read"))
            return
        if is_media:
            self.targets.append(file)
        else:
            self.skipped.append((file.path, "neither image nor video"))


def _object(store: str, rest: str) -> ObjectRef:
    bucket, _, key = rest.partition("/")
    if not key or key.endswith("/"):
        raise click.UsageError(
            f"name one object, as {store}://bucket/key: prefixes are not screened"
        )
    try:
        return parse_object_ref(store, bucket, key)
    except InvalidRequestError as error:
        raise click.UsageError(f"{store}://{bucket}/{key}: {error}") from None


def _checked(target: Url, rules: UrlRules) -> Url:
    try:
        rules.check(target.url)
    except UrlRefusedError as error:
        remedy = "Give an https URL of a public host, or the object."
        raise click.UsageError(f"{target.name}: {error}. {remedy}") from None
    return target
