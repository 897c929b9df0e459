"""Finds what the arguments name: files, files in folders, URLs, objects."""

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

# The signatures of media.probe: other files in a folder are skipped.
_MEDIA_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF.{4}WEBP|GIF8[79]a|BM|II\*\0|MM\0\*"
    rb"|.{4}(?:ftyp|moov|mdat|wide|free|skip|pnot)",
    re.DOTALL,
)
_MAX_SIGNATURE_BYTES = 12


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine."""

    path: Path
    named_by_user: bool = True
    """Whether the user named the file, which may be a link. A file found in a folder must not be a
    link, which could lead out of the folder."""

    @property
    def name(self) -> str:
        """As it is shown."""
        return str(self.path)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open it for reading. Raises OSError, also if it is not a regular file."""
        # O_NONBLOCK: opening a named pipe without a writer would block forever.
        flags = os.O_RDONLY | os.O_NONBLOCK | (0 if self.named_by_user else os.O_NOFOLLOW)
        with os.fdopen(os.open(self.path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            yield stream


@dataclass(frozen=True)
class Url:
    """A URL that the service downloads."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """The URL without its query, which may hold a signature."""
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
class UnreadableTarget:
    """A file or folder that exists and can't be read."""

    path: Path
    reason: str

    @property
    def name(self) -> str:
        """As it is shown."""
        return str(self.path)


ScreenTarget = LocalFile | Url | BucketObject | UnreadableTarget


@dataclass
class TargetList:
    """Everything that the arguments name, in their order."""

    targets: list[ScreenTarget] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    """What was skipped in folders, and why."""

    def add(self, argument: str, rules: UrlRules) -> None:
        """Add what one argument names. Raises click.UsageError."""
        scheme, separator, path_part = argument.partition("://")
        if not separator:
            self._add_path(Path(argument))
        elif scheme in STORE_NAMES:
            self.targets.append(BucketObject(_parse_object(scheme, path_part)))
        else:
            self.targets.append(_check_url(Url(argument), rules))

    def _add_path(self, path: Path) -> None:
        if not path.exists():
            raise click.UsageError(f"there is no file or folder {str(path)!r}")
        if path.is_dir():
            self._add_folder(path)
        else:
            self.targets.append(LocalFile(path))

    def _add_folder(self, folder: Path) -> None:
        """Add the files of a folder and its subfolders, ordered by name."""
        entries_left = self._list_folder(folder)
        while entries_left:
            entry = entries_left.pop()
            path = Path(entry.path)
            if entry.name.startswith("."):
                self.skipped.append((path, "hidden"))
            elif entry.is_symlink():
                self.skipped.append((path, "symbolic link"))
            elif entry.is_dir(follow_symlinks=False):
                entries_left += self._list_folder(path)
            else:
                self._add_file(LocalFile(path, named_by_user=False))

    def _list_folder(self, folder: Path) -> list[os.DirEntry[str]]:
        """The entries of a folder, in descending order of their names."""
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            self.targets.append(UnreadableTarget(folder, error.strerror or "it can't be read"))
            return []

    def _add_file(self, file: LocalFile) -> None:
        try:
            with file.open() as stream:
                is_media = _MEDIA_SIGNATURE.match(stream.read(_MAX_SIGNATURE_BYTES))
        except OSError as error:
            if error.errno == errno.EINVAL:
                self.skipped.append((file.path, "not a regular file"))
            else:
                self.targets.append(
                    UnreadableTarget(file.path, error.strerror or "it can't be read")
                )
            return
        if is_media:
            self.targets.append(file)
        else:
            self.skipped.append((file.path, "neither image nor video"))


def _parse_object(store: str, path_part: str) -> ObjectRef:
    bucket, _, key = path_part.partition("/")
    if not key or key.endswith("/"):
        raise click.UsageError(
            f"name one object, as {store}://bucket/key: prefixes are not screened"
        )
    try:
        return parse_object_ref(store, bucket, key)
    except InvalidRequestError as error:
        raise click.UsageError(f"{store}://{bucket}/{key}: {error}") from None


def _check_url(target: Url, rules: UrlRules) -> Url:
    try:
        rules.check(target.url)
    except UrlRefusedError as error:
        remedy = "Give an https URL of a public host, or the object."
        raise click.UsageError(f"{target.name}: {error}. {remedy}") from None
    return target
