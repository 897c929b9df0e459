"""Quarantine settings that would lose objects or screen them again stop the initialization."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from facescreen.errors import InvalidSettingsError
from facescreen.model import ObjectRef
from facescreen.screening.quarantine import build_quarantine_ref, parse_original_ref
from tests.support.quarantine_harness import MOVE_SETTINGS
from tests.unit.settings.test_settings import MINIMAL_ENVIRONMENT, load_settings

MOVE_ENVIRONMENT = {
    **MINIMAL_ENVIRONMENT,
    "QUARANTINE": "move",
    "QUARANTINE_BUCKET": "held",
    "EXCLUDE_PREFIXES": "quarantine/",
}
REF = ObjectRef("oss", "selfies", "kyc/a b/é.jpg", "E", "v1", 7)


def test_the_quarantine_is_off_by_default() -> None:
    assert load_settings(MINIMAL_ENVIRONMENT).quarantine.action == "off"
    assert (
        load_settings({**MINIMAL_ENVIRONMENT, "QUARANTINE": "private"}).quarantine.action
        == "private"
    )


@pytest.mark.parametrize(
    "filters",
    [
        {"EXCLUDE_PREFIXES": "quarantine/"},
        {"EXCLUDE_PREFIXES": "tmp/,quarantine"},
        {"EXCLUDE_PREFIXES": "q"},
        {"EXCLUDE_PREFIXES": "", "INCLUDE_PREFIXES": "selfies/,clips/"},
    ],
)
def test_a_quarantine_prefix_that_the_filters_skip_is_accepted(filters: dict[str, str]) -> None:
    assert load_settings({**MOVE_ENVIRONMENT, **filters}).quarantine == MOVE_SETTINGS


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
def test_a_quarantine_prefix_that_would_be_screened_is_refused(filters: dict[str, str]) -> None:
    message = "EXCLUDE_PREFIXES must contain the QUARANTINE_PREFIX, quarantine/"
    with pytest.raises(InvalidSettingsError, match=message):
        load_settings({**MOVE_ENVIRONMENT, **filters})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("QUARANTINE", "delete", "QUARANTINE must be one of: off, move, private"),
        (
            "QUARANTINE_BUCKET",
            "",
            "QUARANTINE=move needs a QUARANTINE_BUCKET that is not the STATE_",
        ),
        (
            "QUARANTINE_BUCKET",
            MINIMAL_ENVIRONMENT["STATE_BUCKET"],
            "QUARANTINE=move needs a QUARANTINE_BUCKET",
        ),
        ("QUARANTINE_BUCKET", "No_Bucket", "QUARANTINE_BUCKET must be a bucket name"),
        ("QUARANTINE_PREFIX", "held", "QUARANTINE_PREFIX must be folders of letters"),
        ("QUARANTINE_PREFIX", "../", "QUARANTINE_PREFIX must be folders of letters"),
        ("QUARANTINE_STAND_IN", "true", "QUARANTINE_STAND_IN is only allowed on a local cloud"),
    ],
)
def test_an_invalid_setting_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(InvalidSettingsError, match=re.escape(message)):
        load_settings({**MOVE_ENVIRONMENT, name: value})


def test_the_original_ref_is_parsed_from_the_quarantine_ref() -> None:
    quarantine_ref = build_quarantine_ref(MOVE_SETTINGS, REF, "fs0")
    assert quarantine_ref == replace(
        REF, bucket="held", key="quarantine/selfies/fs0/kyc/a b/é.jpg", etag="", version_id=""
    )
    assert parse_original_ref(MOVE_SETTINGS, quarantine_ref) == replace(REF, etag="", version_id="")


@pytest.mark.parametrize(
    "uri", ["selfies/quarantine/selfies/fs0/a", "held/other/a", "held/quarantine/a", "held/"]
)
def test_an_object_outside_the_quarantine_has_no_original(uri: str) -> None:
    bucket, _, key = uri.partition("/")
    assert parse_original_ref(MOVE_SETTINGS, ObjectRef("oss", bucket, key)) is None
