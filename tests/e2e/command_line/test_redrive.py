"""Dead letters of six causes: what can be mended is screened, the rest is kept and named."""

from __future__ import annotations

import json
import subprocess
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mns.queue import Message

from facescreen_cli.commands.redrive.queues import HOLD_S
from facescreen_local.cloud import LocalCloud
from tests.integration.vendors import clients
from tests.support import leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.command import FACESCREEN, user_environment
from tests.support.samples import sample_files
from tests.support.wait import wait_for

LETTERS = {
    "Deferred": 20,
    "AccessRefused": 10,
    "Unavailable": 8,
    "FunctionProcessExited": 4,
    "BadEvent": 5,
    "Unreadable": 3,
}
KEPT = {"BadEvent", "Unreadable"}
TRIES = 4
"""Of an event, before it is a dead letter."""
FAULTS = {
    "AccessRefused": {"operation": "HeadObject", "code": "AccessDenied", "status": 403},
    "Unavailable": {"operation": "HeadObject", "code": "InternalError", "status": 500},
    "FunctionProcessExited": {"operation": "HeadObject", "kill": True},
}
HOSTILE = "\x1b[31m<img src=x>"


def redrive(cloud_client: LocalCloudClient, *arguments: str, **environment: str) -> Any:
    """Its status, and what it says with --json."""
    _waiting(cloud_client)
    done = subprocess.run(
        [FACESCREEN, "redrive", "--json", *arguments],
        env=user_environment(cloud_client.env, **{"CALLS_PER_SECOND": "200", **environment}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert not leaks.FORBIDDEN_PATTERN.search(done.stdout + done.stderr)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def groups(lines: list[dict[str, Any]]) -> dict[str, int]:
    return {line["cause"]: line["letters"] for line in lines if "letters" in line}


@pytest.fixture(scope="module", params=[1, pytest.param(10, marks=pytest.mark.slow)])
def letters(request: pytest.FixtureRequest) -> dict[str, int]:
    """How many there are of each cause: 50 in all, or 500."""
    return {cause: count * request.param for cause, count in LETTERS.items()}


@pytest.fixture(scope="module")
def again(letters: dict[str, int]) -> int:
    """How many of them are worth another try."""
    return sum(count for cause, count in letters.items() if cause not in KEPT)


@pytest.fixture(scope="module")
def data(
    tmp_path_factory: pytest.TempPathFactory, letters: dict[str, int], avoid_midnight: None
) -> Path:
    """A local cloud's, which has the letters in its dead-letter queue, made by real failures."""
    folder = tmp_path_factory.mktemp("cloud")
    with run_local_cloud(folder, DAILY_CALLS="1") as (cloud, cloud_client):
        photo = sample_files(cloud)["flagged.jpg"]
        for cause, fault in FAULTS.items():
            cloud_client.set_behaviour(
                oss={"faults": [{**fault, "times": TRIES * letters[cause]}]},
                fc={"retry_delay_ms": 10},
            )
            _upload(cloud_client, cause, photo, letters[cause])
            cloud_client.admin.post("/reset")
        cloud_client.set_behaviour(fc={"retry_delay_ms": 10})
        cloud_client.put("Deferred/paid.jpg", photo + b"paid")
        cloud_client.wait_for_message("Deferred/paid.jpg")
        _upload(cloud_client, "Deferred", photo, letters["Deferred"])
        client, name = clients.fc_2(cloud_client.env), cloud_client.env["FC_FUNCTION"]
        for number in range(letters["BadEvent"]):
            event = json.dumps({"number": number, "name": HOSTILE})
            client.invoke_function("any", name, event, {"x-fc-invocation-type": "Async"})
        cloud_client.wait_until_idle()
        queue = _queue(cloud_client)
        for number in range(letters["Unreadable"]):
            queue.send_message(Message(f"{HOSTILE} {number}"))
    return folder


def _upload(cloud_client: LocalCloudClient, cause: str, photo: bytes, count: int) -> None:
    for number in range(count):
        cloud_client.put(f"{cause}/{number} é+.jpg", photo + f"{cause} {number}".encode())
    cloud_client.wait_until_idle()


def _queue(cloud_client: LocalCloudClient) -> Any:
    return cloud_client.account.get_queue(cloud_client.env["MNS_DLQ"])


def _waiting(cloud_client: LocalCloudClient) -> int:
    """Letters, once all can be seen: MNS hides one that is given back for a second."""
    queue = _queue(cloud_client)

    def counts() -> tuple[int, int]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            told = queue.get_attributes()
            return int(told.active_messages), int(told.inactive_messages)

    wait_for(lambda: counts()[1] == 0, "letters to be seen again")
    return counts()[0]


@pytest.fixture(scope="module")
def both(data: Path) -> Any:
    """The same cloud on the next day: its cap is raised, its faults are gone."""
    with run_local_cloud(data) as both:
        yield both


def test_a_dry_run_groups_them_by_cause_and_leaves_them(
    both: tuple[LocalCloud, LocalCloudClient], letters: dict[str, int], again: int
) -> None:
    _, cloud_client = both
    status, lines, _ = redrive(cloud_client, "--dry-run")
    assert status == 0
    assert groups(lines) == letters
    kept = {line["cause"] for line in lines if line.get("again") is False}
    assert kept == KEPT
    assert all(line["remedy"] for line in lines if "remedy" in line)
    assert lines[-1] == {
        "to_send_again": again,
        "kept": sum(letters.values()) - again,
        "usd_at_most": round(again * 0.4, 2),
    }
    assert _waiting(cloud_client) == sum(letters.values())


def test_it_asks_and_without_a_terminal_does_nothing(
    both: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = both
    status, _, complained = redrive(cloud_client)
    assert status == 64
    assert "only with --yes" in complained
    assert cloud_client.billed_calls() == []


def test_by_cause_and_age(
    both: tuple[LocalCloud, LocalCloudClient], letters: dict[str, int]
) -> None:
    _, cloud_client = both
    _, lines, _ = redrive(cloud_client, "--dry-run", "--cause", "BadEvent", "--cause", "Deferred")
    assert set(groups(lines)) == {"BadEvent", "Deferred"}
    assert groups(redrive(cloud_client, "--dry-run", "--until", "1h")[1]) == {}
    assert groups(redrive(cloud_client, "--dry-run", "--since", "1h")[1]) == letters
    assert redrive(cloud_client, "--since", "yesterday")[0] == 64


def test_no_more_than_was_asked_for(both: tuple[LocalCloud, LocalCloudClient]) -> None:
    _, cloud_client = both
    _, lines, _ = redrive(cloud_client, "--dry-run", "--most", "1")
    assert sum(groups(lines).values()) == 1
    _, lines, _ = redrive(cloud_client, "--dry-run", "--most", "17")
    assert sum(groups(lines).values()) == 17


def test_what_can_be_mended_is_screened_and_the_rest_kept_and_named(
    both: tuple[LocalCloud, LocalCloudClient], letters: dict[str, int], again: int
) -> None:
    _, cloud_client = both
    status, lines, _ = redrive(cloud_client, "--yes")
    assert status == 2
    assert lines[-1] == {"sent_again": again, "kept": sum(letters.values()) - again}
    came = Counter((line["cause"], line["status"]) for line in lines if "status" in line)
    assert came == {
        (cause, "kept" if cause in KEPT else "sent again"): count
        for cause, count in letters.items()
    }
    cloud_client.wait_until_idle()
    assert len(cloud_client.billed_calls()) == again
    for cause in (*FAULTS, "Deferred"):
        for number in range(letters[cause]):
            assert "deepfake-verdict" in cloud_client.tags(f"{cause}/{number} é+.jpg")
    assert _waiting(cloud_client) == sum(letters.values()) - again
    # Once more: nothing is left to do, and nothing was lost.
    status, lines, _ = redrive(cloud_client, "--yes")
    assert (status, groups(lines)) == (2, {c: letters[c] for c in KEPT})


def test_a_letter_is_kept_until_its_event_is_accepted(
    both: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = both
    kept = _waiting(cloud_client)
    record = {
        "timestamp": 1_700_000_000_000,
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": '{"events": []}',
        "responsePayload": '{"errorType": "Throttled", "errorMessage": "over the quota"}',
    }
    _queue(cloud_client).send_message(Message(json.dumps(record)))
    throttled = ("--yes", "--cause", "Throttled")
    refused = {"operation": "InvokeFunction", "code": "AccessDenied", "status": 403}
    cloud_client.set_behaviour(fc={"faults": [refused]})
    status, lines, _ = redrive(cloud_client, *throttled)
    assert status == 2
    assert "Function Compute refused" in lines[-2]["detail"]
    assert _waiting(cloud_client) == kept + 1
    status, lines, _ = redrive(cloud_client, *throttled)
    assert (status, lines[-1]) == (0, {"sent_again": 1, "kept": 0})
    assert _waiting(cloud_client) == kept


@pytest.mark.parametrize("version", [{}, {"FC_SERVICE": "any"}])
@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        ("absent", "there is no function 'absent'"),
        ("facescreen-http-api", "has the handler 'http_api.handler', not 'object_created.handler'"),
    ],
)
def test_another_function_is_handed_nothing(
    both: tuple[LocalCloud, LocalCloudClient], function: str, wrong: str, version: dict[str, str]
) -> None:
    _, cloud_client = both
    kept = _waiting(cloud_client)
    status, lines, complained = redrive(cloud_client, "--yes", FC_FUNCTION=function, **version)
    assert (status, lines) == (2, [])
    assert wrong in complained
    assert _waiting(cloud_client) == kept


def test_who_may_not_ask_for_the_function_is_told_the_permission(
    both: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = both
    refused = {"operation": "GetFunction", "code": "AccessDenied", "status": 403}
    cloud_client.set_behaviour(fc={"faults": [refused]})
    status, _, complained = redrive(cloud_client, "--dry-run")
    assert status == 2
    assert "allow these credentials fc:GetFunction on facescreen-object-created" in complained


def test_what_people_read_steers_no_terminal(both: tuple[LocalCloud, LocalCloudClient]) -> None:
    _, cloud_client = both
    queue = _queue(cloud_client)
    record = {
        "timestamp": 1_700_000_000_000,
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": "no event",
        "responsePayload": json.dumps({"errorType": HOSTILE, "errorMessage": HOSTILE}),
    }
    queue.send_message(Message(json.dumps(record)))
    done = subprocess.run(
        [FACESCREEN, "redrive", "--dry-run"],
        env=user_environment(cloud_client.env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "[31m<img src=x>" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "2023-11-14" in done.stdout


def test_letters_are_held_for_as_long_as_a_yes_may_take() -> None:
    assert HOLD_S >= 600
