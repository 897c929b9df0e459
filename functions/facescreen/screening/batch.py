"""All deliveries of an event, screened, and answered as the platform wants to hear it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.errors import DailyLimitReachedError, FacescreenError, TransientError
from facescreen.events.parsed_event import ResponseMode

if TYPE_CHECKING:
    from facescreen.bus.ports import DeadLetters
    from facescreen.events.parsed_event import Delivery, ParsedEvent
    from facescreen.model import ObjectRef, Outcome
    from facescreen.screening.screener import Screener
    from facescreen.timing import Deadline

MAX_CONCURRENT_DELIVERIES = 10
"""Deliveries at once. Each waits for its turn at the quota, so more would only wait longer."""
_MAX_RESULT_CHARS = 1024
"""Characters of a task's resultString."""


@dataclass(frozen=True)
class _ObjectResult:
    """How one object ended: with an outcome, or not."""

    ref: ObjectRef
    outcome: Outcome | None = None
    failure: Exception | None = None


class BatchProcessor:
    """Screens deliveries. A whole event is one delivery: its objects come one after the other."""

    def __init__(
        self,
        screener: Screener,
        dead_letters: DeadLetters | None = None,
        *,
        max_receive_count: int = 0,
    ) -> None:
        """`most_receives`: a message that was received so often is not delivered again. Without
        `dead_letters` the platform keeps all of them."""
        self._screener = screener
        self._dead_letters = dead_letters
        self._max_receive_count = max_receive_count

    def process(self, triggered: ParsedEvent, deadline: Deadline) -> dict[str, Any]:
        """The platform's answer. Raises the first failure where it would read none."""
        deliveries = triggered.deliveries
        if len(deliveries) == 1:
            results = [self._screen_delivery(deliveries[0], deadline)]
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(MAX_CONCURRENT_DELIVERIES) as pool:
                results = list(
                    pool.map(lambda one: self._screen_delivery(one, deadline), deliveries)
                )
        failures = [
            self._dead_letter(delivery, self._report(delivery, objects))
            for delivery, objects in zip(deliveries, results, strict=True)
        ]
        return _platform_response(triggered, failures)

    def _screen_delivery(self, delivery: Delivery, deadline: Deadline) -> list[_ObjectResult]:
        return [self._screen_one(delivery, ref, deadline) for ref in delivery.objects]

    def _screen_one(self, delivery: Delivery, ref: ObjectRef, deadline: Deadline) -> _ObjectResult:
        try:
            return _ObjectResult(ref, self._screener.screen(ref, deadline))
        except FacescreenError as failure:
            return _ObjectResult(
                ref, self._mark_failed_on_last_receive(delivery, ref, failure), failure
            )
        # A fault of our own is this delivery's alone: it is told, and comes back without the rest.
        except Exception as failure:  # noqa: BLE001
            return _ObjectResult(ref, None, failure)

    def _mark_failed_on_last_receive(
        self, delivery: Delivery, ref: ObjectRef, failure: FacescreenError
    ) -> Outcome | None:
        """On the last receive: what the object says that will be in the dead-letter queue. What is
        deferred says nothing: it did not fail, and a redrive screens it."""
        if not self._is_last_receive(delivery) or isinstance(failure, DailyLimitReachedError):
            return None
        try:
            return self._screener.mark_failed(ref, failure)
        except FacescreenError:
            # The dead letter is left to speak of it; why, the first failure says.
            return None

    def _dead_letter(self, delivery: Delivery, failures: list[Exception]) -> list[Exception]:
        """Those that the platform is to hear of. What is deferred for good we put among the dead
        letters: SQS would keep no word of why, and its object has none."""
        if self._dead_letters is None or not self._is_last_receive(delivery):
            return failures
        deferred = [failure for failure in failures if isinstance(failure, DailyLimitReachedError)]
        if not deferred or len(deferred) < len(failures):
            return failures
        try:
            self._dead_letters.put(delivery.body, deferred[0])
        except FacescreenError as error:
            telemetry.not_kept(error)
            return failures
        return []

    def _is_last_receive(self, delivery: Delivery) -> bool:
        return (delivery.receive_count or 0) >= self._max_receive_count > 0

    def _report(self, delivery: Delivery, results: list[_ObjectResult]) -> list[Exception]:
        """Tells of each object; gives what failed."""
        for one in results:
            if one.outcome is not None:
                telemetry.ended(one.outcome)
            if isinstance(one.failure, FacescreenError):
                telemetry.failed(one.ref, one.failure)
            elif one.failure is not None:
                telemetry.unforeseen(one.failure, "")
        for error in delivery.errors:
            telemetry.unreadable(error)
        return [*delivery.errors, *(one.failure for one in results if one.failure is not None)]


def _platform_response(triggered: ParsedEvent, failures: list[list[Exception]]) -> dict[str, Any]:
    if triggered.response_mode is ResponseMode.ITEM_FAILURES:
        failed = [
            {"itemIdentifier": delivery.id}
            for delivery, delivery_failures in zip(triggered.deliveries, failures, strict=True)
            if delivery_failures
        ]
        return {"batchItemFailures": failed}
    if triggered.response_mode is ResponseMode.TASK_RESULTS:
        results = [
            _task_result(delivery, delivery_failures)
            for delivery, delivery_failures in zip(triggered.deliveries, failures, strict=True)
        ]
        missing = {"treatMissingKeysAs": "PermanentFailure"}
        return {**triggered.invocation, **missing, "results": results}
    for delivery_failures in failures:
        if delivery_failures:
            raise delivery_failures[0]
    return {"objects": len(triggered.objects), "skipped": dict(triggered.skipped)}


def _task_result(delivery: Delivery, failures: list[Exception]) -> dict[str, str]:
    """Of one task: S3 Batch Operations tries again what failed in passing."""
    if not failures:
        return {"taskId": delivery.id, "resultCode": "Succeeded", "resultString": ""}
    is_transient = any(isinstance(failure, TransientError) for failure in failures)
    said = failures[0]
    told = str(said) if isinstance(said, FacescreenError) else type(said).__name__
    return {
        "taskId": delivery.id,
        "resultCode": "TemporaryFailure" if is_transient else "PermanentFailure",
        "resultString": told[:_MAX_RESULT_CHARS],
    }
