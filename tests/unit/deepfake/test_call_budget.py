"""Whether a call counts against the budget, by its result."""

from __future__ import annotations

from functools import partial

import httpx
import pytest

from facescreen import errors
from facescreen.deepfake.budget import BudgetPermit
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.timing import Deadline
from tests.unit.deepfake.stub_service import (
    BIZ_ID,
    KEY,
    URL,
    StubService,
    code_response,
    success_response,
)


class RecordingBudget:
    """A CallBudget that records what happens to its permits."""

    def __init__(self, *, is_exhausted: bool = False, error: Exception | None = None) -> None:
        self.is_exhausted = is_exhausted
        self.error = error
        self.events: list[str] = []

    def check(self) -> None:
        if self.is_exhausted:
            raise errors.DailyLimitReachedError("daily limit reached", retry_after_s=1)

    def reserve(self, starts_in_s: float) -> BudgetPermit:
        if self.error:
            raise self.error
        self.events.append("reserved")
        return BudgetPermit(
            partial(self.events.append, "paid"), partial(self.events.append, "released")
        )


class CountingRateLimiter(LocalRateLimiter):
    """A rate limiter that counts its slots."""

    slots_reserved = 0

    def reserve(self, max_wait_s: float) -> float | None:
        self.slots_reserved += 1
        return super().reserve(max_wait_s)


def budgeted_client(
    service: StubService, budget: RecordingBudget, rate_limiter: LocalRateLimiter | None = None
) -> DeepfakeClient:
    return DeepfakeClient(
        scene_code="onboard_01",
        credentials=KEY,
        endpoint="https://service.example",
        rate_limiter=rate_limiter or LocalRateLimiter(1e9),
        budget=budget,
        http=httpx.Client(transport=httpx.MockTransport(service)),
    )


def budget_events(*responses: httpx.Response | Exception) -> list[str]:
    budget = RecordingBudget()
    with budgeted_client(StubService(*responses), budget) as client:
        try:
            client.detect(url=URL, merchant_biz_id=BIZ_ID, deadline=Deadline.after(60))
        except errors.FacescreenError:
            budget.events.append("raised")
    return budget.events


RELEASED_EVENTS = ["reserved", "released"]
RESERVED_EVENTS = ["reserved"]
PAID_EVENTS = ["reserved", "paid"]


@pytest.mark.parametrize(
    ("responses", "events"),
    [
        ([success_response()], PAID_EVENTS),
        ([success_response("nonsense")], PAID_EVENTS),
        ([code_response("NoFaceDetected", 401)], [*RELEASED_EVENTS, "raised"]),
        ([code_response("Forbidden.RAMUserAccessDenied", 403)], [*RELEASED_EVENTS, "raised"]),
        (
            [code_response("Throttling.Api", 403), success_response()],
            [*RELEASED_EVENTS, *PAID_EVENTS],
        ),
        ([httpx.ConnectError("refused"), success_response()], [*RELEASED_EVENTS, *PAID_EVENTS]),
        (
            [httpx.Response(502, text="<html>"), success_response()],
            [*RELEASED_EVENTS, *PAID_EVENTS],
        ),
        ([httpx.ReadTimeout("slow"), success_response()], [*RESERVED_EVENTS, *PAID_EVENTS]),
        (
            [httpx.ReadError("cut"), httpx.ReadError("cut")],
            [*RESERVED_EVENTS, *RESERVED_EVENTS, "raised"],
        ),
    ],
)
def test_a_reserved_call_is_released_unless_it_may_have_been_paid(
    responses: list[httpx.Response | Exception], events: list[str]
) -> None:
    assert budget_events(*responses) == events


def test_an_exhausted_budget_sends_nothing_and_reserves_no_slot() -> None:
    service, rate_limiter = StubService(), CountingRateLimiter(1e9)
    with budgeted_client(service, RecordingBudget(is_exhausted=True), rate_limiter) as client:
        with pytest.raises(errors.DailyLimitReachedError):
            client.detect(url=URL)
        with pytest.raises(errors.DailyLimitReachedError):
            client.detect_stream(file=b"a face")
    assert service.requests == []
    assert rate_limiter.slots_reserved == 0


@pytest.mark.parametrize(
    "error",
    [errors.ServiceUnavailableError("OSS"), errors.DailyLimitReachedError("daily limit reached")],
)
def test_a_failed_reservation_sends_nothing_and_raises_a_transient_error(
    error: errors.FacescreenError,
) -> None:
    service = StubService()
    with (
        budgeted_client(service, RecordingBudget(error=error)) as client,
        pytest.raises(errors.TransientError) as raised,
    ):
        client.detect(url=URL, merchant_biz_id=BIZ_ID)
    assert raised.value is error
    assert service.requests == []
