"""A request's target: the resource and the parameters that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from facescreen_local.protocol.operations import to_resource_pattern

XML_NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"
"""The XML namespace."""

# Names contain no characters that need escaping, so paths are used as sent.
_PATH_PATTERN = re.compile(
    r"/(?P<collection>queues|topics|topics/(?P<topic>[^/]+)/subscriptions)"
    r"(?:/(?P<name>[^/]+)(?:/messages)?)?"
)


@dataclass(frozen=True)
class MnsRequestTarget:
    """A request's path and query.

    `collection` is ``queues``, ``topics`` or ``topics/<topic>/subscriptions``, and empty for a
    path that MNS does not have. `topic` is set for subscriptions only.
    """

    resource: str
    """The path with a ``*`` for each name: ``/topics/*/subscriptions/*``."""
    collection: str
    name: str
    topic: str
    query: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path of the resource itself, without ``/messages``."""
        return f"/{self.collection}/{self.name}"

    def find_subresource(self, known: Iterable[str]) -> str:
        """Return the parameters of `known` subresources that the query contains:
        ``numOfMessages&peekonly``."""
        names = {name for subresource in known for name in subresource.split("&")}
        present = (name for name in names if self.query.get(name, "false") != "false")
        return "&".join(sorted(present))


def parse_target(raw_path: str) -> MnsRequestTarget:
    """Parse ``/collection/name?query``."""
    path, _, query = raw_path.partition("?")
    match = _PATH_PATTERN.fullmatch(path)
    parts = match.groupdict("") if match else dict.fromkeys(_PATH_PATTERN.groupindex, "")
    return MnsRequestTarget(
        resource=to_resource_pattern(path),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        **parts,
    )
