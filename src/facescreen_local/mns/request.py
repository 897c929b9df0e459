"""What a raw request asks for: a resource, and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from facescreen_local.protocol.operations import resource_of

NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"
"""Of the XML."""

# Names have no characters that need escaping, so paths are taken as they are.
_PATH = re.compile(
    r"/(?P<collection>queues|topics|topics/(?P<topic>[^/]+)/subscriptions)"
    r"(?:/(?P<name>[^/]+)(?:/messages)?)?"
)


@dataclass(frozen=True)
class Target:
    """A request's path and query.

    `collection` is ``queues``, ``topics`` or ``topics/<topic>/subscriptions``, and empty for a
    path that is none of MNS's; `topic` is set for subscriptions only.
    """

    resource: str
    """The path with a ``*`` for each name: ``/topics/*/subscriptions/*``."""
    collection: str
    name: str
    topic: str
    query: Mapping[str, str]

    @property
    def path(self) -> str:
        """Of the resource itself, without its messages."""
        return f"/{self.collection}/{self.name}"

    def subresource(self, known: Iterable[str]) -> str:
        """Of the words in `known` subresources, those that the query has:
        ``numOfMessages&peekonly``."""
        words = {word for subresource in known for word in subresource.split("&")}
        asked = (word for word in words if self.query.get(word, "false") != "false")
        return "&".join(sorted(asked))


def target_of(raw_path: str) -> Target:
    """Takes ``/collection/name?query`` apart."""
    path, _, query = raw_path.partition("?")
    found = _PATH.fullmatch(path)
    parts = found.groupdict("") if found else dict.fromkeys(_PATH.groupindex, "")
    return Target(
        resource=resource_of(path), query=dict(parse_qsl(query, keep_blank_values=True)), **parts
    )
