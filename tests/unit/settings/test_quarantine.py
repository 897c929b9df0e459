"""Settings of the quarantine that would lose or repeat something stop initialisation."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from facescreen.errors import InvalidSettingsError
from facescreen.model import ObjectRef
from facescreen.screening.quarantine import build_quarantine_ref, parse_original_ref
from tests.support.quarantine_harness import MOVE_SETTINGS
from tests.unit.settings.test_settings import LEAST, settings_of

MOVING = {
    **LEAST,
    "QUARANTINE": "move",
    "QUARANTINE_BUCKET": "held",
    "EXCLUDE_PREFIXES": "quarantine/",
}
REF = ObjectRef("oss", "selfies", "kyc/a b/é.jpg", "E", "v1", 7)


def test_it_is_off_by_default() -> None:
    assert settings_of(LEAST).quarantine.action == "off"
    assert settings_of({**LEAST, "QUARANTINE": "private"}).quarantine.action == "private"


@pytest.mark.parametrize(
    "filters",
    [
        {"EXCLUDE_PREFIXES": "quarantine/"},
        {"EXCLUDE_PREFIXES": "tmp/,quarantine"},
        {"EXCLUDE_PREFIXES": "q"},
        {"EXCLUDE_PREFIXES": "", "INCLUDE_PREFIXES": "selfies/,clips/"},
    ],
)
def test_a_target_that_the_filters_skip_will_do(filters: dict[str, str]) -> None:
    assert settings_of({**MOVING, **filters}).quarantine == MOVE_SETTINGS


@pytest.mark.parametrize(
    "filters",
    [
        {"EXCLUDE_PREFIXES": ""},
        {"EXCLUDE_PREFIXES": "quarantine/selfies/"},
        {"EXCLUDE_PREFIXES": "", "INCLUDE_PREFIXES": "selfies/,quarantine/selfies/"},
        {"EXCLUDE_PREFIXES": "", "INCLUDE_PREFIXES": "q"},
        {"EXCLUDE_PREFIXES": "", "EXCLUDE_SUFFIXES": ".jpg", "SMALLEST_BYTES": "1000"},
    ],
)
def test_a_target_that_would_be_screened_again_is_refused(filters: dict[str, str]) -> None:
    says = "EXCLUDE_PREFIXES must name the QUARANTINE_PREFIX, quarantine/"
    with pytest.raises(InvalidSettingsError, match=says):
        settings_of({**MOVING, **filters})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("QUARANTINE", "delete", "QUARANTINE must be one of: off, move, private"),
        ("QUARANTINE_BUCKET", "", "QUARANTINE=move needs QUARANTINE_BUCKET, and not the STATE_"),
        ("QUARANTINE_BUCKET", LEAST["STATE_BUCKET"], "QUARANTINE=move needs QUARANTINE_BUCKET"),
        ("QUARANTINE_BUCKET", "No_Bucket", "QUARANTINE_BUCKET must be a bucket's name"),
        ("QUARANTINE_PREFIX", "held", "QUARANTINE_PREFIX must be folders of letters"),
        ("QUARANTINE_PREFIX", "../", "QUARANTINE_PREFIX must be folders of letters"),
        ("QUARANTINE_STAND_IN", "true", "QUARANTINE_STAND_IN is for a local cloud alone"),
    ],
)
def test_a_wrong_one_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(InvalidSettingsError, match=re.escape(says)):
        settings_of({**MOVING, name: value})


def test_the_way_there_is_the_way_back() -> None:
    place = build_quarantine_ref(MOVE_SETTINGS, REF, "fs0")
    assert place == replace(
        REF, bucket="held", key="quarantine/selfies/fs0/kyc/a b/é.jpg", etag="", version_id=""
    )
    assert parse_original_ref(MOVE_SETTINGS, place) == replace(REF, etag="", version_id="")


@pytest.mark.parametrize(
    "uri", ["selfies/quarantine/selfies/fs0/a", "held/other/a", "held/quarantine/a", "held/"]
)
def test_what_does_not_stand_there_came_from_nowhere(uri: str) -> None:
    bucket, _, key = uri.partition("/")
    assert parse_original_ref(MOVE_SETTINGS, ObjectRef("oss", bucket, key)) is None
