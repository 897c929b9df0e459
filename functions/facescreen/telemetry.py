"""Logs and metrics: one JSON log line per object, and metrics per invocation.

Metrics are JSON lines as well (Powertools, embedded metric format): SLS charts them by field, and
CloudWatch extracts them.
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

EventT = TypeVar("EventT")


class _PaidCallCounter:
    """Counts paid calls from several threads; Powertools' Metrics is not thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0

    def add(self) -> None:
        with self._lock:
            self._calls += 1

    def flush(self) -> None:
        with self._lock:
            calls, self._calls = self._calls, 0
        if calls:
            _add_count("PaidCalls", calls)


_logger = Logger(service="facescreen")
_metrics = Metrics(namespace="facescreen", service="facescreen")
_paid_call_counter = _PaidCallCounter()


def instrument(
    handler: Callable[[EventT, Any], dict[str, Any]],
) -> Callable[[EventT, Any], dict[str, Any]]:
    """Decorate a handler: add the request id to every log line, and write the metrics at the
    end."""

    def run_and_flush(event: EventT, context: Any) -> dict[str, Any]:
        try:
            return handler(event, context)
        finally:
            _paid_call_counter.flush()

    with_logging: Callable[[EventT, Any], dict[str, Any]] = _logger.inject_lambda_context(
        run_and_flush
    )
    with_metrics: Callable[[EventT, Any], dict[str, Any]] = _metrics.log_metrics(
        with_logging, raise_on_empty_metrics=False, capture_cold_start_metric=True
    )
    return with_metrics


def count_paid_call() -> None:
    """Count a paid call. Thread-safe."""
    _paid_call_counter.add()


def log_warm_up_error(error: FacescreenError) -> None:
    """Log that the connection could not be warmed up: the first call has to open it."""
    _logger.warning("not warm", extra={"error": error.name, "detail": str(error)})


def record_skip_counts(skip_counts: Mapping[str, int]) -> None:
    """Log and count the records that are not screened, by reason."""
    for reason, count in skip_counts.items():
        _add_count(f"skipped_{reason}", count)
    if skip_counts:
        _logger.info("skipped", extra={"reasons": dict(skip_counts)})


def record_outcome(outcome: Outcome) -> None:
    """Log and count the outcome of an object."""
    _add_count(outcome.status.value)
    if outcome.finding is None or outcome.tagging is None:
        object_data: dict[str, Any] = {"object": _build_object_identity(outcome.object)}
    else:
        object_data = build_outcome_data(outcome)
        _add_count(f"verdict_{outcome.finding.verdict.value}")
        _add_count(f"tagging_{outcome.tagging.status}")
    if outcome.quarantine:
        _add_count(f"quarantine_{outcome.quarantine.status}")
    _metrics.add_metric("duration", MetricUnit.Milliseconds, outcome.timing.get("total_ms", 0))
    extra = {"status": outcome.status.value, "detail": outcome.detail, **object_data}
    _logger.info(outcome.status.value, extra=extra)


def record_object_error(ref: ObjectRef, error: FacescreenError) -> None:
    """Log and count an object that failed or was deferred. Its event is delivered again."""
    deferred = isinstance(error, DailyLimitReachedError)
    _add_count("deferred" if deferred else f"failed_{error.name}")
    _logger.error(
        "deferred" if deferred else "failed",
        extra={
            "object": _build_object_identity(ref),
            "error": error.name,
            "detail": str(error),
            "code": error.code,
            "request_id": error.request_id,
        },
    )


def record_sweep(listed: int, submitted: int, summary: Mapping[str, Any]) -> None:
    """Log and count a run of the sweep. Submitted objects had no verdict: their event may be
    lost."""
    _add_count("swept", listed)
    _add_count("resubmitted", submitted)
    _logger.info("swept", extra=dict(summary))


def record_unreadable_tags(ref: ObjectRef, error: FacescreenError) -> None:
    """Log and count an object whose tags the sweep could not read. It submits the object."""
    _add_count("unreadable_tags")
    _logger.error(
        "tags not read",
        extra={
            "object": _build_object_identity(ref),
            "error": error.name,
            "detail": str(error),
            "code": error.code,
            "request_id": error.request_id,
        },
    )


def log_prefix_error(name: str, error: FacescreenError) -> None:
    """Log why a watched prefix (``bucket/prefix``) can't be swept. The next run tries again."""
    extra = {"prefix": name, "error": error.name, "detail": str(error), "code": error.code}
    _logger.error("not swept", extra=extra)


def log_dead_letter_error(error: FacescreenError) -> None:
    """Log that the dead letter could not be sent: the platform's own does not contain the cause."""
    _logger.warning("not kept", extra={"error": error.name, "detail": str(error)})


def record_invalid_record(error: FacescreenError) -> None:
    """Log and count a record of an event that could not be read."""
    _add_count("unreadable")
    _logger.error("unreadable", extra={"error": error.name, "detail": str(error)})


def record_response(screening: Mapping[str, Any], request_id: str) -> None:
    """Log and count a response to an HTTP request; `request_id` is the caller's own."""
    _add_count("asked")
    _add_count(f"asked_{screening['verdict']}")
    _logger.info("asked", extra={"client_request_id": request_id, **screening})


def record_request_error(error: FacescreenError) -> None:
    """Log and count an HTTP request that failed with `error`."""
    _add_count(f"refused_{error.name}")
    extra = {"error": error.name, "detail": str(error), "code": error.code}
    _logger.warning("refused", extra=extra)


def record_unexpected_error(error: Exception, request_id: str) -> None:
    """Log and count a bug: where it happened, but not its message, which may contain anything."""
    _add_count("unforeseen")
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    name = error.name if isinstance(error, FacescreenError) else type(error).__name__
    extra = {"error": name, "where": where, "client_request_id": request_id}
    _logger.error("unforeseen", extra=extra)


def _add_count(name: str, value: int = 1) -> None:
    _metrics.add_metric(name, MetricUnit.Count, value)


def _build_object_identity(ref: ObjectRef) -> dict[str, Any]:
    return {"store": ref.store, "bucket": ref.bucket, "key": ref.key, "etag": ref.etag}
