"""What stands on objects, counted and shown, whatever their tags say."""

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
from facescreen.storage.ports import Listed
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.report.command import report as command
from facescreen_cli.commands.report.counts import (
    MOST_DAYS,
    MOST_REASONS,
    OTHER,
    UNDATED,
    Counts,
    Report,
    newest,
)
from facescreen_cli.commands.report.file import check_page
from facescreen_cli.commands.report.page import html
from facescreen_cli.commands.report.text import tell
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import NoVerdict, TagState, read_concurrently

AT = "2026-11-23T23:59:59Z"
HOSTILE = "</title><script src=//x.example>$at\x1b[31m\u202e&amp;'\""


def standing(verdict: Verdict, *reasons: str, at: str = AT) -> TaggedVerdict:
    return TaggedVerdict(verdict, reasons, "E" * 32, at)


def counted(*all_found: TagState) -> Counts:
    counts = Counts()
    for one in all_found:
        counts.add(one)
    return counts


LOW = standing(Verdict.LOW_RISK)
HIGH = standing(Verdict.HIGH_RISK, "SuspectDeepForgery", "SuspectPSFace")


def test_each_reason_and_each_day_is_counted() -> None:
    later = standing(Verdict.HIGH_RISK, "SuspectPSFace", at="2026-11-24T00:00:00Z")
    counts = counted(LOW, LOW, HIGH, later, NoVerdict.STALE, NoVerdict.SKIPPED, NoVerdict.GONE)
    assert counts.verdicts == {Verdict.LOW_RISK: 2, Verdict.HIGH_RISK: 2}
    assert counts.reasons == {"SuspectPSFace": 2, "SuspectDeepForgery": 1}
    assert newest(counts.days) == [
        ("2026-11-24", {Verdict.HIGH_RISK: 1}),
        ("2026-11-23", {Verdict.LOW_RISK: 2, Verdict.HIGH_RISK: 1}),
    ]
    assert (counts.objects, counts.screenable) == (7, 5)


@pytest.mark.parametrize("at", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23", "9" * 200])
def test_what_is_no_time_is_undated(at: str) -> None:
    counts = counted(LOW, standing(Verdict.LOW_RISK, at=at))
    assert [day for day, _ in newest(counts.days)] == ["2026-11-23", UNDATED]


def test_no_flood_of_reasons_or_days_fills_the_memory() -> None:
    counts = Counts()
    first = date(1900, 1, 1)
    for number in range(MOST_DAYS + 500):
        at = f"{first + timedelta(days=number)}T00:00:00Z"
        counts.add(standing(Verdict.LOW_RISK, f"Reason{number}", at=at))
    assert len(counts.reasons) == MOST_REASONS + 1
    assert counts.reasons[OTHER] == MOST_DAYS + 500 - MOST_REASONS
    assert len(counts.days) == MOST_DAYS + 1
    assert counts.days[OTHER] == {Verdict.LOW_RISK: 500}


@pytest.mark.parametrize(
    ("all_found", "status", "checked"),
    [
        ([LOW, LOW, NoVerdict.SKIPPED, NoVerdict.GONE], 0, 0),
        ([LOW, HIGH, NoVerdict.UNSCREENED], 0, 1),
        ([standing(Verdict.SUSPICIOUS)], 0, 1),
        ([LOW, standing(Verdict.UNSCREENABLE)], 0, 2),
        ([LOW, standing(Verdict.FAILED)], 0, 2),
        ([LOW, NoVerdict.STALE], 0, 2),
        ([LOW, NoVerdict.UNSCREENED], 0, 2),
        ([LOW, NoVerdict.UNREAD], 2, 2),
        ([HIGH, NoVerdict.UNREAD], 2, 1),
        ([NoVerdict.SKIPPED], 0, 2),
        ([], 0, 2),
    ],
)
def test_exit_codes(all_found: list[TagState], status: int, checked: int) -> None:
    report = Report("oss://selfies/", counted(*all_found))
    assert report.status(check=False) == status
    assert report.status(check=True) == checked


def test_a_partial_report_passes_no_check() -> None:
    report = Report("oss://selfies/", counted(LOW), partial="OSS can't be reached")
    assert report.status(check=False) == report.status(check=True) == 2


class Parsed(HTMLParser):
    """The elements, attributes and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def hostile() -> Report:
    counts = counted(HIGH, LOW, standing(Verdict.SUSPICIOUS, HOSTILE, at=HOSTILE))
    return Report(f"oss://selfies/{HOSTILE}", counts, partial=HOSTILE)


def test_the_page_shows_hostile_texts_as_texts() -> None:
    page = html(hostile())
    parsed = Parsed(page)
    assert "script" not in parsed.elements
    shown = HOSTILE.replace("\x1b", "�").replace("\u202e", "�")
    assert shown in parsed.said  # the reason
    assert f"oss://selfies/{shown}" in parsed.said
    assert f"Partial: {shown}" in parsed.said
    assert "\x1b" not in page


def test_the_page_needs_nothing_else() -> None:
    parsed = Parsed(html(hostile()))
    attributes = dict(parsed.attributes)
    assert not {"src", "href", "srcset", "onload", "onerror"} & set(attributes)
    policy = [value for name, value in parsed.attributes if value and "default-src" in value]
    assert policy == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]
    style = "".join(parsed.said)
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_tells_a_flagged_day_in_words() -> None:
    assert "1 low risk, 1 high risk" in Parsed(html(hostile())).said


def test_a_terminal_is_not_steered(capsys: pytest.CaptureFixture[str]) -> None:
    tell(hostile(), as_json=False)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "<script" in said


def endless(drawn: list[int]) -> Iterator[Listed]:
    while True:
        drawn.append(len(drawn))
        yield Listed(str(len(drawn)), "E", 1, datetime.now(timezone.utc))


def test_a_long_listing_is_drawn_as_it_is_read() -> None:
    drawn: list[int] = []
    looks = read_concurrently(endless(drawn), lambda one: LOW, StopSignal())
    for taken in range(1000):
        next(looks)
        assert len(drawn) - taken <= 256
    looks.close()  # type: ignore[attr-defined]


def test_a_halt_ends_an_endless_listing_with_what_is_under_way() -> None:
    stop = StopSignal()

    def read(one: Listed) -> TagState:
        time.sleep(0.1)
        return LOW

    looks = read_concurrently(endless([]), read, stop)
    next(looks)
    stop.interrupted = True
    assert len(list(looks)) < 200


def test_a_fault_ends_the_reading() -> None:
    def read(one: Listed) -> TagState:
        raise ValueError(one.key)

    with pytest.raises(ValueError, match="1"):
        next(read_concurrently(endless([]), read, StopSignal()))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["oss://selfies"], "--all for the whole bucket"),
        (["oss://selfies/"], "--all for the whole bucket"),
        (["oss://selfies/a/", "--all"], "not both"),
        (["s3://selfies/a/", "--all"], "not both"),
        (["s3://selfies/a/", "--cloud", "aws"], "--cloud is for --cost"),
        (["selfies"], "name a bucket and a prefix"),
        (["oss://Selfies/a"], "bucket must be a bucket's name"),
        (["oss://selfies/a", "--html", "/dev/null"], "not a regular file"),
        (["oss://selfies/a", "--html", "/nonexistent/a.html"], "no file can be made in"),
    ],
)
def test_wrong_arguments(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, SystemExit)
    assert says in " ".join(done.output.split())


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not a regular file"):
        check_page(tmp_path / "link.html")


def test_the_help_teaches() -> None:
    said = CliRunner().invoke(command, ["--help"]).output
    examples = said.partition("Examples:")[2]
    for example in ("--all --html", "--json", "--check", "Exit codes"):
        assert example in examples
