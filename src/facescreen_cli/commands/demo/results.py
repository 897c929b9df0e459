"""Screens the samples for ``demo``: uploads with oss2, waits on MNS, and reads the tags."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import oss2
from mns.account import Account
from mns.mns_exception import MNSServerException
from rich.table import Table

from facescreen_cli.cost import format_cost
from facescreen_cli.local_cloud import upload_samples
from facescreen_cli.output import render_text, to_json
from facescreen_local.cloud import LocalCloud
from facescreen_local.samples import SampleFile

MAX_WAIT_S = 120
"""How long to wait for all messages."""


@dataclass(frozen=True)
class SampleOutcome:
    """The verdict of one sample, and what it cost."""

    object: str
    shows: str
    verdict: str
    reason: str
    note: str
    """What a reader must know about the verdict."""
    calls_paid: int
    milliseconds: float
    expected: bool
    """Whether the verdict and the reason are as expected."""


def run_samples(cloud: LocalCloud) -> list[SampleOutcome]:
    """Upload every sample and wait for its message. Returns the outcomes in the same order."""
    bucket, samples = upload_samples(cloud)
    messages = _receive_messages(
        cloud.build_client_environment(), {sample.name for sample in samples}
    )
    return [_build_outcome(sample, bucket, messages.get(sample.name), cloud) for sample in samples]


def all_as_expected(outcomes: list[SampleOutcome]) -> bool:
    """Whether every sample has the expected verdict."""
    return all(outcome.expected for outcome in outcomes)


def to_json_list(outcomes: list[SampleOutcome]) -> str:
    """A JSON list of the outcomes."""
    return to_json([asdict(outcome) for outcome in outcomes])


def render_table(outcomes: list[SampleOutcome]) -> str:
    """A table for a terminal."""
    table = Table(
        title="The verdict of each object",
        caption=_TABLE_CAPTION.format(format_cost(_sum_calls_paid(outcomes))),
    )
    headings = ["object", "verdict", "reason", "paid calls", "ms"]
    if not all_as_expected(outcomes):
        headings.append("")
    for heading in headings:
        numeric = heading in ("paid calls", "ms")
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for outcome in outcomes:
        expected = "" if outcome.expected else "NOT AS EXPECTED"
        verdict = f"{outcome.verdict} ({outcome.note})" if outcome.note else outcome.verdict
        time_taken = f"{outcome.milliseconds:.0f}"
        cells = (
            outcome.object,
            verdict,
            outcome.reason,
            str(outcome.calls_paid),
            time_taken,
            expected,
        )
        table.add_row(*cells[: len(headings)])
    return render_text(table, width=120)


_TABLE_CAPTION = (
    "Nothing is charged: a local emulator made these verdicts, and it detects no forgery.\n"
    "The real service would charge {}."
)


def _sum_calls_paid(outcomes: list[SampleOutcome]) -> int:
    return sum(outcome.calls_paid for outcome in outcomes)


def _receive_messages(environment: dict[str, str], keys: set[str]) -> dict[str, dict[str, Any]]:
    """The messages that arrive in time, by object key."""
    account = Account(
        environment["MNS_ENDPOINT"],
        environment["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    )
    queue = account.get_queue(environment["MNS_QUEUE"])
    messages: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + MAX_WAIT_S
    while keys - set(messages) and time.monotonic() < deadline:
        try:
            received = queue.receive_message(wait_seconds=5)
        except MNSServerException as error:
            if error.type != "MessageNotExist":
                raise
            continue
        message = json.loads(received.message_body)
        messages[message["data"]["object"]["key"]] = message
        queue.delete_message(received.receipt_handle)
    return messages


def _build_outcome(
    sample: SampleFile, bucket: oss2.Bucket, message: dict[str, Any] | None, cloud: LocalCloud
) -> SampleOutcome:
    """Combine the tags, the time from the message, and the calls that were billed."""
    tags = bucket.get_object_tagging(sample.name).tag_set.tagging_rule
    verdict, reason = tags.get("deepfake-verdict", ""), tags.get("deepfake-reason", "")
    uri = f"oss://{bucket.bucket_name}/{sample.name}"
    paid = sum(call.billed for call in cloud.cloudauth.calls if call.object == uri)
    data = message["data"] if message else {"timing": {}, "warnings": []}
    return SampleOutcome(
        object=sample.name,
        shows=sample.description,
        verdict=verdict,
        reason=reason,
        note=_verdict_note(data),
        calls_paid=paid,
        milliseconds=data["timing"].get("total_ms", 0),
        expected=message is not None
        and (verdict, reason) == (sample.verdict, sample.reason)
        and data["verdict"] == verdict,
    )


def _verdict_note(data: dict[str, Any]) -> str:
    """What to add to an emulator's verdict."""
    if not any(warning["rule"] == "stand-in" for warning in data["warnings"]):
        return ""
    return "as scripted" if data["risk_tags"] else "not assessed for deepfakes"
