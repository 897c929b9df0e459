"""The operations of a service: each is one function, which says what requests it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Generic, TypeVar

from aiohttp import web

Context = TypeVar("Context")
Perform = Callable[[Context], Awaitable[web.Response]]


class Signature(Enum):
    """What becomes of a request that is not signed."""

    REQUIRED = auto()
    """It is refused."""
    OPTIONAL = auto()
    """The operation decides for itself what it does for someone who signs nothing."""
    IN_BODY = auto()
    """The operation looks for the signature in the body; one elsewhere does not count."""


@dataclass(frozen=True)
class Operation(Generic[Context]):
    """One operation of the API."""

    name: str
    """The API's own: ``PutObjectTagging``."""
    perform: Perform[Context]
    signature: Signature = Signature.REQUIRED


class Operations(Generic[Context]):
    """A service's operations, by what a request asks for.

    `resource` and `subresource` are words of the service's own: what its ``request.py`` reads off
    a path and a query.
    """

    def __init__(self) -> None:
        self._operations: dict[tuple[str, str, str], Operation[Context]] = {}

    def add(
        self,
        method: str,
        resource: str,
        subresource: str = "",
        *,
        name: str,
        signature: Signature = Signature.REQUIRED,
    ) -> Callable[[Perform[Context]], Perform[Context]]:
        """Decorates the function that answers such requests; several decorators on one function
        are several ways to ask for it. Raises ValueError where another one answers them."""

        def register(perform: Perform[Context]) -> Perform[Context]:
            asked = method, resource, subresource
            if asked in self._operations:
                raise ValueError(f"{name}: {asked} is {self._operations[asked].name} already")
            self._operations[asked] = Operation(name, perform, signature)
            return perform

        return register

    @property
    def subresources(self) -> frozenset[str]:
        """Every sub-resource that some operation is asked for by."""
        asked = (subresource for _, _, subresource in self._operations)
        return frozenset(subresource for subresource in asked if subresource)

    def find(self, method: str, resource: str, subresource: str = "") -> Operation[Context] | None:
        """The operation that answers such requests; None where there is none."""
        return self._operations.get((method, resource, subresource))


def resource_of(path: str) -> str:
    """The path with a ``*`` for each name, which is every second part: ``/queues/*/messages``."""
    parts = path.split("/")
    parts[2::2] = ["*" if name else "" for name in parts[2::2]]
    return "/".join(parts)


def load(package: ModuleType) -> None:
    """Import every module of `package`, so that its operations are registered."""
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
