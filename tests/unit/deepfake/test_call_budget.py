"""What a call costs of the allowance, by how it ended."""

from __future__ import annotations

from functools import partial

import httpx
import pytest

from facescreen import errors
from facescreen.deepfake.budget import BudgetPermit
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.timing import Deadline
from tests.unit.deepfake.service import BIZ_ID, KEY, URL, Service, code, success


class Purse:
    """A CallBudget that records what happens to its permits."""

    def __init__(self, *, empty: bool = False, trouble: Exception | None = None) -> None:
        self.empty = empty
        self.trouble = trouble
        self.events: list[str] = []

    def check(self) -> None:
        if self.empty:
            raise errors.DailyLimitReachedError("spent", retry_after_s=1)

    def reserve(self, starts_in_s: float) -> BudgetPermit:
        if self.trouble:
            raise self.trouble
        self.events.append("drawn")
        return BudgetPermit(
            partial(self.events.append, "paid"), partial(self.events.append, "given back")
        )


class Turns(LocalRateLimiter):
    """A rate limiter that counts its slots."""

    taken = 0

    def reserve(self, max_wait_s: float) -> float | None:
        self.taken += 1
        return super().reserve(max_wait_s)


def client(
    service: Service, purse: Purse, rate_limiter: LocalRateLimiter | None = None
) -> DeepfakeClient:
    return DeepfakeClient(
        scene_code="onboard_01",
        credentials=KEY,
        endpoint="https://service.example",
        rate_limiter=rate_limiter or LocalRateLimiter(1e9),
        budget=purse,
        http=httpx.Client(transport=httpx.MockTransport(service)),
    )


def spent(*plan: httpx.Response | Exception) -> list[str]:
    purse = Purse()
    with client(Service(*plan), purse) as it:
        try:
            it.detect(url=URL, merchant_biz_id=BIZ_ID, deadline=Deadline.after(60))
        except errors.FacescreenError:
            purse.events.append("raised")
    return purse.events


BACK = ["drawn", "given back"]
UNKNOWN = ["drawn"]
PAID = ["drawn", "paid"]


@pytest.mark.parametrize(
    ("plan", "events"),
    [
        ([success()], PAID),
        ([success("nonsense")], PAID),
        ([code("NoFaceDetected", 401)], [*BACK, "raised"]),
        ([code("Forbidden.RAMUserAccessDenied", 403)], [*BACK, "raised"]),
        ([code("Throttling.Api", 403), success()], [*BACK, *PAID]),
        ([httpx.ConnectError("refused"), success()], [*BACK, *PAID]),
        ([httpx.Response(502, text="<html>"), success()], [*BACK, *PAID]),
        ([httpx.ReadTimeout("slow"), success()], [*UNKNOWN, *PAID]),
        ([httpx.ReadError("cut"), httpx.ReadError("cut")], [*UNKNOWN, *UNKNOWN, "raised"]),
    ],
)
def test_only_what_may_have_been_paid_for_is_kept(
    plan: list[httpx.Response | Exception], events: list[str]
) -> None:
    assert spent(*plan) == events


def test_where_nothing_is_left_nothing_is_sent_and_no_turn_taken() -> None:
    service, pace = Service(), Turns(1e9)
    with client(service, Purse(empty=True), pace) as it:
        with pytest.raises(errors.DailyLimitReachedError):
            it.detect(url=URL)
        with pytest.raises(errors.DailyLimitReachedError):
            it.detect_stream(file=b"a face")
    assert service.asked == []
    assert pace.taken == 0


@pytest.mark.parametrize(
    "trouble", [errors.ServiceUnavailableError("OSS"), errors.DailyLimitReachedError("spent")]
)
def test_without_leave_nothing_is_sent_and_the_platform_tries_again(
    trouble: errors.FacescreenError,
) -> None:
    service = Service()
    with (
        client(service, Purse(trouble=trouble)) as it,
        pytest.raises(errors.TransientError) as raised,
    ):
        it.detect(url=URL, merchant_biz_id=BIZ_ID)
    assert raised.value is trouble
    assert service.asked == []
