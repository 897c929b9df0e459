"""Batches: screens all deliveries of an event, and builds the platform's response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.errors import DailyLimitReachedError, FacescreenError, TransientError
from facescreen.events.parsed_event import ResponseMode

if TYPE_CHECKING:
    from facescreen.bus.ports import DeadLetterSender
    from facescreen.events.parsed_event import Delivery, ParsedEvent
    from facescreen.model import ObjectRef, Outcome
    from facescreen.screening.screener import Screener
    from facescreen.timing import Deadline

MAX_CONCURRENT_DELIVERIES = 10
"""Each delivery waits for a slot in the quota, so more at a time would only wait longer."""
_MAX_RESULT_CHARS = 1024
"""The maximum length of a task's resultString."""


@dataclass(frozen=True)
class _ObjectResult:
    """The result for one object: an outcome, a failure, or both."""

    ref: ObjectRef
    outcome: Outcome | None = None
    failure: Exception | None = None


class BatchProcessor:
    """Screens the deliveries of an event. The objects of one delivery are screened one after the
    other."""

    def __init__(
        self,
        screener: Screener,
        dead_letter_sender: DeadLetterSender | None = None,
        *,
        max_receive_count: int = 0,
    ) -> None:
        """`max_receive_count`: a message that was received this many times is not delivered
        again. Without `dead_letter_sender` the platform keeps all dead letters itself."""
        self._screener = screener
        self._dead_letter_sender = dead_letter_sender
        self._max_receive_count = max_receive_count

    def process(self, event: ParsedEvent, deadline: Deadline) -> dict[str, Any]:
        """Screen all objects and return the platform's response. Raises the first failure if the
        platform reads no response."""
        deliveries = event.deliveries
        if len(deliveries) == 1:
            results = [self._screen_delivery(deliveries[0], deadline)]
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(MAX_CONCURRENT_DELIVERIES) as pool:
                results = list(
                    pool.map(lambda delivery: self._screen_delivery(delivery, deadline), deliveries)
                )
        failures = [
            self._dead_letter_if_over_limit(delivery, self._log_results(delivery, objects))
            for delivery, objects in zip(deliveries, results, strict=True)
        ]
        return _build_response_or_raise(event, failures)

    def _screen_delivery(self, delivery: Delivery, deadline: Deadline) -> list[_ObjectResult]:
        return [self._screen_object(delivery, ref, deadline) for ref in delivery.objects]

    def _screen_object(
        self, delivery: Delivery, ref: ObjectRef, deadline: Deadline
    ) -> _ObjectResult:
        try:
            return _ObjectResult(ref, self._screener.screen(ref, deadline))
        except FacescreenError as failure:
            outcome = self._mark_failed_on_last_receive(delivery, ref, failure, deadline)
            return _ObjectResult(ref, outcome, failure)
        # A bug fails this delivery alone: it is logged, and delivered again without the others.
        except Exception as failure:  # noqa: BLE001
            return _ObjectResult(ref, None, failure)

    def _mark_failed_on_last_receive(
        self, delivery: Delivery, ref: ObjectRef, failure: FacescreenError, deadline: Deadline
    ) -> Outcome | None:
        """On the last receive, write `failed` on the object, because its event becomes a dead
        letter. An object over the daily limit is left alone: it did not fail, and a redrive
        screens it."""
        if not self._is_last_receive(delivery) or isinstance(failure, DailyLimitReachedError):
            return None
        try:
            return self._screener.mark_failed(ref, failure, deadline)
        except FacescreenError:
            # The dead letter remains, and the first failure is its cause.
            return None

    def _dead_letter_if_over_limit(
        self, delivery: Delivery, failures: list[Exception]
    ) -> list[Exception]:
        """Return the failures to report to the platform. If the daily limit stops the last
        receive, put the event into the dead-letter queue here: SQS would not record the cause,
        and the object has no tag that tells it."""
        if self._dead_letter_sender is None or not self._is_last_receive(delivery):
            return failures
        limit_errors = [
            failure for failure in failures if isinstance(failure, DailyLimitReachedError)
        ]
        if not limit_errors or len(limit_errors) < len(failures):
            return failures
        try:
            self._dead_letter_sender.send(delivery.body, limit_errors[0])
        except FacescreenError as error:
            telemetry.log_dead_letter_error(error)
            return failures
        return []

    def _is_last_receive(self, delivery: Delivery) -> bool:
        return (delivery.receive_count or 0) >= self._max_receive_count > 0

    def _log_results(self, delivery: Delivery, results: list[_ObjectResult]) -> list[Exception]:
        """Log and count each result. Returns the failures."""
        for result in results:
            if result.outcome is not None:
                telemetry.record_outcome(result.outcome)
            if isinstance(result.failure, FacescreenError):
                telemetry.record_object_error(result.ref, result.failure)
            elif result.failure is not None:
                telemetry.record_unexpected_error(result.failure, "")
        for error in delivery.errors:
            telemetry.record_invalid_record(error)
        return [
            *delivery.errors,
            *(result.failure for result in results if result.failure is not None),
        ]


def _build_response_or_raise(event: ParsedEvent, failures: list[list[Exception]]) -> dict[str, Any]:
    if event.response_mode is ResponseMode.ITEM_FAILURES:
        failed = [
            {"itemIdentifier": delivery.id}
            for delivery, delivery_failures in zip(event.deliveries, failures, strict=True)
            if delivery_failures
        ]
        return {"batchItemFailures": failed}
    if event.response_mode is ResponseMode.TASK_RESULTS:
        results = [
            _build_task_result(delivery, delivery_failures)
            for delivery, delivery_failures in zip(event.deliveries, failures, strict=True)
        ]
        missing_keys = {"treatMissingKeysAs": "PermanentFailure"}
        return {**event.invocation, **missing_keys, "results": results}
    for delivery_failures in failures:
        if delivery_failures:
            raise delivery_failures[0]
    return {"objects": len(event.objects), "skipped": dict(event.skip_counts)}


def _build_task_result(delivery: Delivery, failures: list[Exception]) -> dict[str, str]:
    """Build the result of one task. S3 Batch Operations retries temporary failures."""
    if not failures:
        return {"taskId": delivery.id, "resultCode": "Succeeded", "resultString": ""}
    is_transient = any(isinstance(failure, TransientError) for failure in failures)
    first_failure = failures[0]
    if isinstance(first_failure, FacescreenError):
        detail = str(first_failure)
    else:
        detail = type(first_failure).__name__
    return {
        "taskId": delivery.id,
        "resultCode": "TemporaryFailure" if is_transient else "PermanentFailure",
        "resultString": detail[:_MAX_RESULT_CHARS],
    }
