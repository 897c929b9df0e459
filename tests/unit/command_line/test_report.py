"""Counts and shows the verdicts of objects, whatever their tags hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click import UsageError
from click.testing import CliRunner

from facescreen.model import Verdict
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.report.counts import (
    MAX_DISTINCT_DAYS,
    MAX_DISTINCT_REASONS,
    OTHER_LABEL,
    UNDATED_LABEL,
    BucketReport,
    VerdictCounts,
    newest_first,
)
from facescreen_cli.commands.report.html_file import check_writable
from facescreen_cli.commands.report.html_page import render_html
from facescreen_cli.commands.report.text import print_report
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.main import facescreen
from facescreen_cli.verdicts import NoVerdictReason, TagState, read_concurrently

SCREENED_AT = "2026-11-23T23:59:59Z"
HOSTILE_TEXT = "</title><script src=//x.example>$at\x1b[31m\u202e&amp;'\""


def tagged_verdict(verdict: Verdict, *reasons: str, at: str = SCREENED_AT) -> TaggedVerdict:
    return TaggedVerdict(verdict, reasons, "E" * 32, at)


def count(*tag_states: TagState) -> VerdictCounts:
    counts = VerdictCounts()
    for state in tag_states:
        counts.add(state)
    return counts


LOW_RISK = tagged_verdict(Verdict.LOW_RISK)
HIGH_RISK = tagged_verdict(Verdict.HIGH_RISK, "SuspectDeepForgery", "SuspectPSFace")


def test_verdicts_are_counted_by_reason_and_by_day() -> None:
    later = tagged_verdict(Verdict.HIGH_RISK, "SuspectPSFace", at="2026-11-24T00:00:00Z")
    counts = count(
        LOW_RISK,
        LOW_RISK,
        HIGH_RISK,
        later,
        NoVerdictReason.STALE,
        NoVerdictReason.SKIPPED,
        NoVerdictReason.GONE,
    )
    assert counts.verdicts == {Verdict.LOW_RISK: 2, Verdict.HIGH_RISK: 2}
    assert counts.reasons == {"SuspectPSFace": 2, "SuspectDeepForgery": 1}
    assert newest_first(counts.days) == [
        ("2026-11-24", {Verdict.HIGH_RISK: 1}),
        ("2026-11-23", {Verdict.LOW_RISK: 2, Verdict.HIGH_RISK: 1}),
    ]
    assert (counts.object_count, counts.screenable_count) == (7, 5)


@pytest.mark.parametrize("at", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23", "9" * 200])
def test_a_verdict_without_a_valid_time_is_undated(at: str) -> None:
    counts = count(LOW_RISK, tagged_verdict(Verdict.LOW_RISK, at=at))
    assert [day for day, _ in newest_first(counts.days)] == ["2026-11-23", UNDATED_LABEL]


def test_the_number_of_counted_reasons_and_days_is_limited() -> None:
    counts = VerdictCounts()
    first = date(1900, 1, 1)
    for number in range(MAX_DISTINCT_DAYS + 500):
        at = f"{first + timedelta(days=number)}T00:00:00Z"
        counts.add(tagged_verdict(Verdict.LOW_RISK, f"Reason{number}", at=at))
    assert len(counts.reasons) == MAX_DISTINCT_REASONS + 1
    assert counts.reasons[OTHER_LABEL] == MAX_DISTINCT_DAYS + 500 - MAX_DISTINCT_REASONS
    assert len(counts.days) == MAX_DISTINCT_DAYS + 1
    assert counts.days[OTHER_LABEL] == {Verdict.LOW_RISK: 500}


@pytest.mark.parametrize(
    ("tag_states", "status", "status_with_check"),
    [
        ([LOW_RISK, LOW_RISK, NoVerdictReason.SKIPPED, NoVerdictReason.GONE], 0, 0),
        ([LOW_RISK, HIGH_RISK, NoVerdictReason.UNSCREENED], 0, 1),
        ([tagged_verdict(Verdict.SUSPICIOUS)], 0, 1),
        ([LOW_RISK, tagged_verdict(Verdict.UNSCREENABLE)], 0, 2),
        ([LOW_RISK, tagged_verdict(Verdict.FAILED)], 0, 2),
        ([LOW_RISK, NoVerdictReason.STALE], 0, 2),
        ([LOW_RISK, NoVerdictReason.UNSCREENED], 0, 2),
        ([LOW_RISK, NoVerdictReason.UNREAD], 2, 2),
        ([HIGH_RISK, NoVerdictReason.UNREAD], 2, 1),
        ([NoVerdictReason.SKIPPED], 0, 2),
        ([], 0, 2),
    ],
)
def test_the_exit_code_depends_on_the_verdicts_and_on_check(
    tag_states: list[TagState], status: int, status_with_check: int
) -> None:
    report = BucketReport("oss://selfies/", count(*tag_states))
    assert report.compute_exit_code(check=False) == status
    assert report.compute_exit_code(check=True) == status_with_check


def test_a_partial_report_always_fails() -> None:
    report = BucketReport("oss://selfies/", count(LOW_RISK), partial="OSS can't be reached")
    assert report.compute_exit_code(check=False) == report.compute_exit_code(check=True) == 2


class ParsedPage(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def hostile_report() -> BucketReport:
    counts = count(
        HIGH_RISK, LOW_RISK, tagged_verdict(Verdict.SUSPICIOUS, HOSTILE_TEXT, at=HOSTILE_TEXT)
    )
    return BucketReport(f"oss://selfies/{HOSTILE_TEXT}", counts, partial=HOSTILE_TEXT)


def test_the_page_escapes_hostile_text() -> None:
    page = render_html(hostile_report())
    parsed = ParsedPage(page)
    assert "script" not in parsed.elements
    shown_text = HOSTILE_TEXT.replace("\x1b", "�").replace("\u202e", "�")
    assert shown_text in parsed.texts  # the reason
    assert f"oss://selfies/{shown_text}" in parsed.texts
    assert f"Partial: {shown_text}" in parsed.texts
    assert "\x1b" not in page


def test_the_page_loads_no_other_resource() -> None:
    parsed = ParsedPage(render_html(hostile_report()))
    attributes = dict(parsed.attributes)
    assert not {"src", "href", "srcset", "onload", "onerror"} & set(attributes)
    policy = [value for name, value in parsed.attributes if value and "default-src" in value]
    assert policy == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]
    style = "".join(parsed.texts)
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_describes_each_day_in_words() -> None:
    assert "1 low risk, 1 high risk" in ParsedPage(render_html(hostile_report())).texts


def test_terminal_output_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(hostile_report(), as_json=False)
    texts = capsys.readouterr().out
    assert "\x1b" not in texts
    assert "\u202e" not in texts
    assert "<script" in texts


def endless_listing(listed: list[int]) -> Iterator[ObjectSummary]:
    while True:
        listed.append(len(listed))
        yield ObjectSummary(str(len(listed)), "E", 1, datetime.now(timezone.utc))


def test_a_long_listing_is_read_lazily() -> None:
    listed: list[int] = []
    states = read_concurrently(endless_listing(listed), lambda state: LOW_RISK, StopSignal())
    for read_count in range(1000):
        next(states)
        assert len(listed) - read_count <= 256
    states.close()  # type: ignore[attr-defined]


def test_a_stop_ends_an_endless_listing_after_the_reads_in_progress() -> None:
    stop = StopSignal()

    def read(state: ObjectSummary) -> TagState:
        time.sleep(0.1)
        return LOW_RISK

    states = read_concurrently(endless_listing([]), read, stop)
    next(states)
    stop.interrupted = True
    assert len(list(states)) < 200


def test_an_error_ends_the_reading() -> None:
    def read(state: ObjectSummary) -> TagState:
        raise ValueError(state.key)

    with pytest.raises(ValueError, match="1"):
        next(read_concurrently(endless_listing([]), read, StopSignal()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["oss://selfies"], "--all for the whole bucket"),
        (["oss://selfies/"], "--all for the whole bucket"),
        (["oss://selfies/a/", "--all"], "give either a prefix"),
        (["s3://selfies/a/", "--all"], "give either a prefix"),
        (["s3://selfies/a/", "--cloud", "aws"], "--cloud is for --cost"),
        (["selfies"], "name a bucket and a prefix"),
        (["oss://Selfies/a"], "bucket must be a valid bucket name"),
        (["oss://selfies/a", "--html", "/dev/null"], "not a regular file"),
        (["oss://selfies/a", "--html", "/nonexistent/a.html"], "can't create a file in"),
    ],
)
def test_invalid_arguments_are_refused(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(facescreen, ["report", *arguments])
    assert isinstance(result.exception, SystemExit)
    assert message in " ".join(result.output.split())


def test_a_page_is_not_written_through_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not a regular file"):
        check_writable(tmp_path / "link.html")


def test_the_help_shows_examples() -> None:
    texts = CliRunner().invoke(facescreen, ["report", "--help"]).output
    examples = texts.partition("Examples:")[2]
    for example in ("--all --html", "--json", "--check", "Exit codes"):
        assert example in examples
