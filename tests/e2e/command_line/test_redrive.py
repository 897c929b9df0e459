"""Dead letters of six causes: those worth a retry are screened, the rest is kept and reported."""

from __future__ import annotations

import json
import subprocess
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mns.queue import Message

from facescreen_cli.commands.redrive.queues import VISIBILITY_TIMEOUT_S
from facescreen_local.cloud import LocalCloud
from tests.integration.vendors import clients
from tests.support import leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.command import FACESCREEN, user_environment
from tests.support.samples import sample_files
from tests.support.wait import wait_for

DEAD_LETTER_COUNTS = {
    "Deferred": 20,
    "AccessRefused": 10,
    "Unavailable": 8,
    "FunctionProcessExited": 4,
    "BadEvent": 5,
    "Unreadable": 3,
}
CAUSES_KEPT = {"BadEvent", "Unreadable"}
MAX_ATTEMPTS = 4
"""Attempts before an event becomes a dead letter."""
FAULTS = {
    "AccessRefused": {"operation": "GetObject", "code": "AccessDenied", "status": 403},
    "Unavailable": {"operation": "GetObject", "code": "InternalError", "status": 500},
    "FunctionProcessExited": {"operation": "GetObject", "kill": True},
}
HOSTILE = "\x1b[31m<img src=x>"


def redrive(cloud_client: LocalCloudClient, *arguments: str, **environment: str) -> Any:
    """Run redrive with --json. Returns exit code, JSON lines and stderr."""
    _count_dead_letters(cloud_client)
    result = subprocess.run(
        [FACESCREEN, "redrive", "--json", *arguments],
        env=user_environment(cloud_client.env, **{"CALLS_PER_SECOND": "200", **environment}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in result.stderr
    assert not leaks.FORBIDDEN_PATTERN.search(result.stdout + result.stderr)
    return (
        result.returncode,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
    )


def counts_by_cause(lines: list[dict[str, Any]]) -> dict[str, int]:
    return {line["cause"]: line["letters"] for line in lines if "letters" in line}


@pytest.fixture(scope="module", params=[1, pytest.param(10, marks=pytest.mark.slow)])
def dead_letter_counts(request: pytest.FixtureRequest) -> dict[str, int]:
    """Number of dead letters by cause, 50 in total or 500."""
    return {cause: count * request.param for cause, count in DEAD_LETTER_COUNTS.items()}


@pytest.fixture(scope="module")
def retried_count(dead_letter_counts: dict[str, int]) -> int:
    """How many of them are worth a retry."""
    return sum(count for cause, count in dead_letter_counts.items() if cause not in CAUSES_KEPT)


@pytest.fixture(scope="module")
def data(
    tmp_path_factory: pytest.TempPathFactory,
    dead_letter_counts: dict[str, int],
    avoid_midnight: None,
) -> Path:
    """Data folder of a local cloud whose dead-letter queue was filled by real failures."""
    folder = tmp_path_factory.mktemp("cloud")
    with run_local_cloud(folder, DAILY_CALLS="1") as (cloud, cloud_client):
        photo = sample_files(cloud)["flagged.jpg"]
        for cause, fault in FAULTS.items():
            cloud_client.set_behaviour(
                oss={"faults": [{**fault, "times": MAX_ATTEMPTS * dead_letter_counts[cause]}]},
                fc={"retry_delay_ms": 10},
            )
            _upload(cloud_client, cause, photo, dead_letter_counts[cause])
            cloud_client.admin.post("/reset")
        cloud_client.set_behaviour(fc={"retry_delay_ms": 10})
        cloud_client.put("Deferred/paid.jpg", photo + b"paid")
        cloud_client.wait_for_message("Deferred/paid.jpg")
        _upload(cloud_client, "Deferred", photo, dead_letter_counts["Deferred"])
        client, name = clients.fc_2(cloud_client.env), cloud_client.env["FC_FUNCTION"]
        for number in range(dead_letter_counts["BadEvent"]):
            event = json.dumps({"number": number, "name": HOSTILE})
            client.invoke_function("any", name, event, {"x-fc-invocation-type": "Async"})
        cloud_client.wait_until_idle()
        queue = _dead_letter_queue(cloud_client)
        for number in range(dead_letter_counts["Unreadable"]):
            queue.send_message(Message(f"{HOSTILE} {number}"))
        cloud_client.admin.post("/reset")  # The record of calls outlives the restart.
    return folder


def _upload(cloud_client: LocalCloudClient, cause: str, photo: bytes, count: int) -> None:
    for number in range(count):
        cloud_client.put(f"{cause}/{number} é+.jpg", photo + f"{cause} {number}".encode())
    cloud_client.wait_until_idle()


def _dead_letter_queue(cloud_client: LocalCloudClient) -> Any:
    return cloud_client.account.get_queue(cloud_client.env["MNS_DLQ"])


def _count_dead_letters(cloud_client: LocalCloudClient) -> int:
    """Count the dead letters once all are visible: MNS hides a returned message for a second."""
    queue = _dead_letter_queue(cloud_client)

    def counts() -> tuple[int, int]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            attributes = queue.get_attributes()
            return int(attributes.active_messages), int(attributes.inactive_messages)

    wait_for(lambda: counts()[1] == 0, "letters to be seen again")
    return counts()[0]


@pytest.fixture(scope="module")
def cloud_and_client(data: Path) -> Any:
    """The same cloud on the next day, with a higher daily limit and without faults."""
    with run_local_cloud(data) as cloud_and_client:
        yield cloud_and_client


def test_a_dry_run_groups_dead_letters_by_cause_and_keeps_them(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
    dead_letter_counts: dict[str, int],
    retried_count: int,
) -> None:
    _, cloud_client = cloud_and_client
    status, lines, _ = redrive(cloud_client, "--dry-run")
    assert status == 0
    assert counts_by_cause(lines) == dead_letter_counts
    kept_causes = {line["cause"] for line in lines if line.get("again") is False}
    assert kept_causes == CAUSES_KEPT
    assert all(line["remedy"] for line in lines if "remedy" in line)
    assert lines[-1] == {
        "to_send_again": retried_count,
        "kept": sum(dead_letter_counts.values()) - retried_count,
        "usd_at_most": round(retried_count * 0.4, 2),
    }
    assert _count_dead_letters(cloud_client) == sum(dead_letter_counts.values())


def test_without_a_terminal_nothing_is_sent_unless_yes_is_given(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = cloud_and_client
    status, _, stderr = redrive(cloud_client)
    assert status == 64
    assert "only with --yes" in stderr
    assert cloud_client.billed_calls() == []


@pytest.mark.slow
def test_dead_letters_are_selected_by_cause_and_age(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient], dead_letter_counts: dict[str, int]
) -> None:
    _, cloud_client = cloud_and_client
    _, lines, _ = redrive(cloud_client, "--dry-run", "--cause", "BadEvent", "--cause", "Deferred")
    assert set(counts_by_cause(lines)) == {"BadEvent", "Deferred"}
    assert counts_by_cause(redrive(cloud_client, "--dry-run", "--until", "1h")[1]) == {}
    assert (
        counts_by_cause(redrive(cloud_client, "--dry-run", "--since", "1h")[1])
        == dead_letter_counts
    )
    assert redrive(cloud_client, "--since", "yesterday")[0] == 64


def test_a_redrive_takes_at_most_the_given_number(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = cloud_and_client
    _, lines, _ = redrive(cloud_client, "--dry-run", "--most", "1")
    assert sum(counts_by_cause(lines).values()) == 1
    _, lines, _ = redrive(cloud_client, "--dry-run", "--most", "17")
    assert sum(counts_by_cause(lines).values()) == 17


def test_dead_letters_worth_a_retry_are_screened_and_the_rest_kept_and_reported(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
    dead_letter_counts: dict[str, int],
    retried_count: int,
) -> None:
    _, cloud_client = cloud_and_client
    status, lines, _ = redrive(cloud_client, "--yes")
    assert status == 2
    assert lines[-1] == {
        "sent_again": retried_count,
        "kept": sum(dead_letter_counts.values()) - retried_count,
    }
    statuses = Counter((line["cause"], line["status"]) for line in lines if "status" in line)
    assert statuses == {
        (cause, "kept" if cause in CAUSES_KEPT else "sent again"): count
        for cause, count in dead_letter_counts.items()
    }
    cloud_client.wait_until_idle()
    assert len(cloud_client.billed_calls()) == retried_count
    for cause in (*FAULTS, "Deferred"):
        for number in range(dead_letter_counts[cause]):
            assert "deepfake-verdict" in cloud_client.tags(f"{cause}/{number} é+.jpg")
    assert _count_dead_letters(cloud_client) == sum(dead_letter_counts.values()) - retried_count
    # A second run has nothing left to do, and nothing was lost.
    status, lines, _ = redrive(cloud_client, "--yes")
    assert (status, counts_by_cause(lines)) == (2, {c: dead_letter_counts[c] for c in CAUSES_KEPT})


def test_a_dead_letter_is_kept_until_its_event_is_accepted(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = cloud_and_client
    count_before = _count_dead_letters(cloud_client)
    record = {
        "timestamp": 1_700_000_000_000,
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": '{"events": []}',
        "responsePayload": '{"errorType": "Throttled", "errorMessage": "over the quota"}',
    }
    _dead_letter_queue(cloud_client).send_message(Message(json.dumps(record)))
    throttled = ("--yes", "--cause", "Throttled")
    fault = {"operation": "InvokeFunction", "code": "AccessDenied", "status": 403}
    cloud_client.set_behaviour(fc={"faults": [fault]})
    status, lines, _ = redrive(cloud_client, *throttled)
    assert status == 2
    assert "Function Compute rejected the request" in lines[-2]["detail"]
    assert _count_dead_letters(cloud_client) == count_before + 1
    status, lines, _ = redrive(cloud_client, *throttled)
    assert (status, lines[-1]) == (0, {"sent_again": 1, "kept": 0})
    assert _count_dead_letters(cloud_client) == count_before


@pytest.mark.parametrize("version", [{}, {"FC_SERVICE": "any"}])
@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("absent", "there is no function 'absent'"),
        ("facescreen-http-api", "has the handler 'http_api.handler', not 'object_created.handler'"),
    ],
)
def test_events_are_not_sent_to_another_function(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
    function: str,
    expected: str,
    version: dict[str, str],
) -> None:
    _, cloud_client = cloud_and_client
    count_before = _count_dead_letters(cloud_client)
    status, lines, stderr = redrive(cloud_client, "--yes", FC_FUNCTION=function, **version)
    assert (status, lines) == (2, [])
    assert expected in stderr
    assert _count_dead_letters(cloud_client) == count_before


def test_a_missing_permission_to_read_the_function_is_named(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = cloud_and_client
    fault = {"operation": "GetFunction", "code": "AccessDenied", "status": 403}
    cloud_client.set_behaviour(fc={"faults": [fault]})
    status, _, stderr = redrive(cloud_client, "--dry-run")
    assert status == 2
    assert "allow these credentials fc:GetFunction on facescreen-object-created" in stderr


def test_control_characters_do_not_reach_the_terminal(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
) -> None:
    _, cloud_client = cloud_and_client
    queue = _dead_letter_queue(cloud_client)
    record = {
        "timestamp": 1_700_000_000_000,
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": "no event",
        "responsePayload": json.dumps({"errorType": HOSTILE, "errorMessage": HOSTILE}),
    }
    queue.send_message(Message(json.dumps(record)))
    result = subprocess.run(
        [FACESCREEN, "redrive", "--dry-run"],
        env=user_environment(cloud_client.env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "[31m<img src=x>" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr
    assert "2023-11-14" in result.stdout


def test_dead_letters_are_hidden_long_enough_for_a_confirmation() -> None:
    assert VISIBILITY_TIMEOUT_S >= 600
