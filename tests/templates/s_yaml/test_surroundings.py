"""doctor finds inconsistencies between the functions and their surrounding resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from facescreen.events.oss import SCREENED_EVENTS
from tests.templates.s_yaml.preview import PROJECT
from tests.templates.s_yaml.test_env_example import doctor_findings
from tests.templates.s_yaml.test_templates import REQUIRED

SECOND_TRIGGER = """
        - triggerName: object-created-2
          triggerType: oss
          sourceArn: acs:oss:${vars.region}:${vars.account}:more-selfies
          triggerConfig:
            events:
EVENTS
            filter: {key: {prefix: in/, suffix: ''}}

  http_api:
""".replace("EVENTS", "\n".join(f"              - oss:{event}" for event in SCREENED_EVENTS))
WATCHED = "          acs:oss:*:${vars.account}:${vars.bucket}/"
ONE_MORE = "          acs:oss:*:${vars.account}:more-selfies/in/*,\\\n" + WATCHED
SWEPT = "WATCHED_OBJECTS: ${vars.bucket}/${vars.prefix}"


def with_changes(folder: Path, *changes: tuple[str, str], name: str = "s.yaml") -> Path:
    """Copy the templates to `folder` and apply `changes` to one of them, whose path is returned."""
    for path in PROJECT.glob("s*.yaml"):
        (folder / path.name).write_text(path.read_text())
    text = (folder / name).read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / name).write_text(text)
    (folder / "infra").symlink_to(PROJECT / "infra")
    return folder / name


@pytest.mark.parametrize("name", ["s.yaml", "s.eventbridge.yaml"])
def test_the_released_templates_are_consistent(tmp_path: Path, name: str) -> None:
    dotenv = {**REQUIRED, "OSS_PREFIX": "selfies/", "TAG_PREFIX": "face-", "MNS_DLQ": "letters"}
    assert doctor_findings(tmp_path, dotenv, with_changes(tmp_path, name=name)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("Topic: ${vars.topic}", "Topic: verdicts"), "Topic is verdicts, and the functions use"),
        (
            (
                "DeadLetters: ${vars.dead_letters}\n        LogProject",
                "DeadLetters: x\n        LogProject",
            ),
            "DeadLetters is x",
        ),
        (("StateBucket: ${env('STATE_BUCKET')}", "StateBucket: other"), "StateBucket is other"),
        (("role/facescreen-http-api", "role/mine"), "facescreen-http-api has the role acs:ram"),
        (("/${vars.tag_prefix}verdict", "/deepfake-verdict "), "LowRiskTag is oss:Exist"),
        (("'{\"oss:ExistingObjectTag", "'[\"oss:ExistingObjectTag"), "LowRiskTag is not given"),
        (
            (f"{WATCHED}${{vars.prefix}}*", f"{WATCHED}elsewhere/*"),
            "events of selfies/ arrive, and",
        ),
    ],
)
def test_an_inconsistency_is_named(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    [line] = doctor_findings(tmp_path, REQUIRED, with_changes(tmp_path, change))
    assert (line["level"], line["check"]) == ("fault", "surroundings")
    assert line["says"].startswith(expected)


def test_another_bucket_needs_a_trigger_and_a_line(tmp_path: Path) -> None:
    trigger = ("\n  http_api:\n", SECOND_TRIGGER)
    unread, unswept = doctor_findings(tmp_path, REQUIRED, with_changes(tmp_path, trigger))
    assert unread["says"] == "events of more-selfies/in/ arrive, and no role may read it"
    assert unswept["says"].startswith("events of more-selfies/in/ arrive, and the sweep does not")
    (tmp_path / "infra").unlink()
    added = ((WATCHED, ONE_MORE), (SWEPT, f"{SWEPT},more-selfies/in/"))
    assert doctor_findings(tmp_path, REQUIRED, with_changes(tmp_path, trigger, *added)) == []


def test_another_bucket_by_eventbridge_is_checked(tmp_path: Path) -> None:
    subject = '[{"prefix": "acs:oss:${vars.region}:${vars.account}:${vars.bucket}/${vars.prefix}"}'
    other = '{"prefix": "acs:oss:${vars.region}:${vars.account}:more-selfies/"}'
    template = with_changes(tmp_path, (subject, f"{subject}, {other}"), name="s.eventbridge.yaml")
    unread, unswept = doctor_findings(tmp_path, REQUIRED, template)
    assert unread["says"] == "events of more-selfies/ arrive, and no role may read it"
    assert unswept["level"] == "fault"


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("s.yaml", "              - oss:ObjectCreated:AppendObject\n"),
        ("s.eventbridge.yaml", '"oss:ObjectCreated:AppendObject", '),
    ],
)
def test_missing_events_are_named(tmp_path: Path, name: str, listed: str) -> None:
    [line] = doctor_findings(tmp_path, REQUIRED, with_changes(tmp_path, (listed, ""), name=name))
    assert (line["level"], line["check"]) == ("warning", "surroundings")
    assert line["says"] == "ObjectCreated:AppendObject of selfies/ start no screening"


def test_a_second_trigger_may_have_the_other_events(tmp_path: Path) -> None:
    listed = "              - oss:ObjectCreated:AppendObject\n"
    other = SECOND_TRIGGER.replace("more-selfies", "${vars.bucket}").replace("in/", "''")
    changes = ((listed, ""), ("\n  http_api:\n", other))
    assert doctor_findings(tmp_path, REQUIRED, with_changes(tmp_path, *changes)) == []


def test_missing_roles_are_named(tmp_path: Path) -> None:
    template = with_changes(
        tmp_path, ("./infra/alibaba/template.yaml", "./infra/alibaba/logs.yaml")
    )
    [line] = doctor_findings(tmp_path, REQUIRED, template)
    assert line["says"].startswith("s.yaml has no ros resource that creates roles")
