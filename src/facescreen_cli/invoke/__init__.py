"""The deployed function, as a command reaches it: the port is facescreen.invoke.Invoker."""

from facescreen_cli.invoke.choice import chosen

__all__ = ["chosen"]
