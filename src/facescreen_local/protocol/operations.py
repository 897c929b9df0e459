"""Registers a service's operations: decorated functions, found by what a request asks for."""

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
Handler = Callable[[Context], Awaitable[web.Response]]


class SignatureRequirement(Enum):
    """Whether and where an operation needs a signature."""

    REQUIRED = auto()
    """An unsigned request is rejected."""
    OPTIONAL = auto()
    """The operation itself decides what an unsigned request may do."""
    IN_BODY = auto()
    """The operation checks a signature in the body; one elsewhere does not count."""


@dataclass(frozen=True)
class Operation(Generic[Context]):
    """One operation of the API."""

    name: str
    """The API's name for it: ``PutObjectTagging``."""
    perform: Handler[Context]
    signature: SignatureRequirement = SignatureRequirement.REQUIRED


class Operations(Generic[Context]):
    """A service's operations, by method, resource and subresource.

    Each service defines its own resources and subresources: its ``request.py`` reads them from the
    path and the query.
    """

    def __init__(self) -> None:
        self._operations: dict[tuple[str, str, str], Operation[Context]] = {}

    def register(
        self,
        method: str,
        resource: str,
        subresource: str = "",
        *,
        name: str,
        signature: SignatureRequirement = SignatureRequirement.REQUIRED,
    ) -> Callable[[Handler[Context]], Handler[Context]]:
        """Register the decorated function as an operation. It can be registered more than once.

        Raises ValueError if another operation has the same method, resource and subresource.
        """

        def decorate(perform: Handler[Context]) -> Handler[Context]:
            route = method, resource, subresource
            if route in self._operations:
                raise ValueError(f"{name}: {route} is {self._operations[route].name} already")
            self._operations[route] = Operation(name, perform, signature)
            return perform

        return decorate

    @property
    def subresources(self) -> frozenset[str]:
        """Every subresource of an operation."""
        return frozenset(subresource for _, _, subresource in self._operations if subresource)

    def find(self, method: str, resource: str, subresource: str = "") -> Operation[Context] | None:
        """Return the operation for such a request, None if there is none."""
        return self._operations.get((method, resource, subresource))


def to_resource_pattern(path: str) -> str:
    """Replace each name in the path, every second part, with ``*``: ``/queues/*/messages``."""
    parts = path.split("/")
    parts[2::2] = ["*" if name else "" for name in parts[2::2]]
    return "/".join(parts)


def import_operations(package: ModuleType) -> None:
    """Import every module of `package`, which registers its operations."""
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
