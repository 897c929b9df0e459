"""Hands events to the deployed function: what was not screened, or failed, goes to it again."""

from .choice import chosen
from .events import event_of
from .port import Invoker

__all__ = ["Invoker", "chosen", "event_of"]
