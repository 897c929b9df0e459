"""What an invocation tells its operator: one JSON log line per object, and metrics.

Metrics are JSON lines as well (Powertools, embedded metric format), so SLS charts them by field
and CloudWatch by itself.
"""

from __future__ import annotations

import threading
import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from facescreen.errors import DailyLimitReachedError, FacescreenError
from facescreen.message import build_outcome_data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facescreen.model import ObjectRef, Outcome

Event = TypeVar("Event")


class _Paid:
    """Paid calls since the last count. Several threads pay; Metrics is for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0

    def add(self) -> None:
        with self._lock:
            self._calls += 1

    def count(self) -> None:
        with self._lock:
            calls, self._calls = self._calls, 0
        if calls:
            _count("PaidCalls", calls)


_logger = Logger(service="facescreen")
_metrics = Metrics(namespace="facescreen", service="facescreen")
_paid = _Paid()


def per_invocation(
    handle: Callable[[Event, Any], dict[str, Any]],
) -> Callable[[Event, Any], dict[str, Any]]:
    """Decorates a handler: its request id on every line, its metrics written at its end."""

    def counted(event: Event, context: Any) -> dict[str, Any]:
        try:
            return handle(event, context)
        finally:
            _paid.count()

    logged: Callable[[Event, Any], dict[str, Any]] = _logger.inject_lambda_context(counted)
    measured: Callable[[Event, Any], dict[str, Any]] = _metrics.log_metrics(
        logged, raise_on_empty_metrics=False, capture_cold_start_metric=True
    )
    return measured


def paid() -> None:
    """A call that was paid for, in whichever thread."""
    _paid.add()


def not_warm(trouble: FacescreenError) -> None:
    """The first call has to open its connection itself."""
    _logger.warning("not warm", extra={"error": trouble.name, "detail": str(trouble)})


def skipped(reasons: Mapping[str, int]) -> None:
    """Records that were not ours to screen, by reason."""
    for reason, count in reasons.items():
        _count(f"skipped_{reason}", count)
    if reasons:
        _logger.info("skipped", extra={"reasons": dict(reasons)})


def ended(outcome: Outcome) -> None:
    """An object that came to its end."""
    _count(outcome.status.value)
    if outcome.finding is None or outcome.tagging is None:
        described: dict[str, Any] = {"object": _identity(outcome.object)}
    else:
        described = build_outcome_data(outcome)
        _count(f"verdict_{outcome.finding.verdict.value}")
        _count(f"tagging_{outcome.tagging.status}")
    if outcome.quarantine:
        _count(f"quarantine_{outcome.quarantine.status}")
    _metrics.add_metric("duration", MetricUnit.Milliseconds, outcome.timing.get("total_ms", 0))
    extra = {"status": outcome.status.value, "detail": outcome.detail, **described}
    _logger.info(outcome.status.value, extra=extra)


def failed(ref: ObjectRef, failure: FacescreenError) -> None:
    """An object that did not come to its end, or was deferred; its event is delivered again."""
    deferred = isinstance(failure, DailyLimitReachedError)
    _count("deferred" if deferred else f"failed_{failure.name}")
    _logger.error(
        "deferred" if deferred else "failed",
        extra={
            "object": _identity(ref),
            "error": failure.name,
            "detail": str(failure),
            "code": failure.code,
            "request_id": failure.request_id,
        },
    )


def sweep_finished(listed: int, submitted: int, summary: Mapping[str, Any]) -> None:
    """A run of the sweep. What it submitted had no verdict, and perhaps no event."""
    _count("swept", listed)
    _count("resubmitted", submitted)
    _logger.info("swept", extra=dict(summary))


def not_kept(trouble: FacescreenError) -> None:
    """The platform makes the dead letter, which says nothing of why."""
    _logger.warning("not kept", extra={"error": trouble.name, "detail": str(trouble)})


def unreadable(fault: FacescreenError) -> None:
    """A record of an event that could not be read."""
    _count("unreadable")
    _logger.error("unreadable", extra={"error": fault.name, "detail": str(fault)})


def asked(screening: Mapping[str, Any], request_id: str) -> None:
    """An answer to somebody's question; `request_id` is the caller's own."""
    _count("asked")
    _count(f"asked_{screening['verdict']}")
    _logger.info("asked", extra={"client_request_id": request_id, **screening})


def refused(error: FacescreenError) -> None:
    """A question that could not be answered."""
    _count(f"refused_{error.name}")
    extra = {"error": error.name, "detail": str(error), "code": error.code}
    _logger.warning("refused", extra=extra)


def unforeseen(error: Exception, request_id: str) -> None:
    """A fault of our own: where it happened, without its text, which may hold anything."""
    _count("unforeseen")
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    name = error.name if isinstance(error, FacescreenError) else type(error).__name__
    extra = {"error": name, "where": where, "client_request_id": request_id}
    _logger.error("unforeseen", extra=extra)


def _count(name: str, value: int = 1) -> None:
    _metrics.add_metric(name, MetricUnit.Count, value)


def _identity(ref: ObjectRef) -> dict[str, Any]:
    return {"store": ref.store, "bucket": ref.bucket, "key": ref.key, "etag": ref.etag}
