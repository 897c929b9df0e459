from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facescreen_serverless_devs.functions import load_functions
from facescreen_serverless_devs.model import Function, Hook, HttpTrigger, OssTrigger
from facescreen_serverless_devs.section import InvalidTemplateError
from facescreen_serverless_devs.variables import VariableResolver

WHOLE = """
edition: 3.0.0
name: facescreen
access: ${env('ACCESS', 'default')}
vars:
  region: ${env('REGION', 'ap-southeast-1')}
  account: ${env(ACCOUNT)}
  names: {bucket: 'selfies-${vars.region}'}
resources:
  roles:
    component: ros
    props: {template: ./ros.yaml, parameters: {Nobody: "${config('resolves this')}"}}
  screen:
    component: fc3
    props:
      region: ${vars.region}
      functionName: screen
      runtime: ${env('FC_RUNTIME', 'python3.10')}
      handler: index.handler
      code: ./functions
      role: acs:ram::${vars.account}:role/screen
      timeout: ${json(env('TIMEOUT', '60'))}
      memorySize: 1024
      environmentVariables: {REGION: "${vars.region}"}
      instanceLifecycleConfig:
        initializer: {handler: index.initialize, timeout: 20}
        preStop: {handler: index.pre_stop, timeout: 2}
      asyncInvokeConfig:
        maxAsyncRetryAttempts: 2
        maxAsyncEventAgeInSeconds: 600
        destinationConfig:
          onFailure:
            destination: acs:mns:r:${vars.account}:/queues/${env("DLQ", "dead")}/messages
      concurrencyConfig: {reservedConcurrency: 10}
      logConfig: {project: p, logstore: l}
      triggers:
        - triggerName: created
          triggerType: oss
          sourceArn: acs:oss:${vars.region}:${vars.account}:${vars.names.bucket}
          triggerConfig:
            events: [oss:ObjectCreated:PutObject, oss:ObjectCreated:CompleteMultipartUpload]
            filter: {key: {prefix: in/, suffix: .jpg}}
        - triggerName: http
          triggerType: http
          triggerConfig: {authType: function, methods: [GET, POST]}
"""


def load(folder: Path, text: str, **environment: str) -> list[Function]:
    (folder / "functions").mkdir(exist_ok=True)
    path = folder / "s.yaml"
    path.write_text(text)
    return load_functions(path, {"ACCOUNT": "1234", **environment})


def test_paths_of_packages_can_be_relative_to_another_folder(tmp_path: Path) -> None:
    load(tmp_path, WHOLE)
    (tmp_path / "elsewhere" / "functions").mkdir(parents=True)
    [function] = load_functions(
        tmp_path / "s.yaml", {"ACCOUNT": "1234"}, code_root=tmp_path / "elsewhere"
    )
    assert function.code == tmp_path / "elsewhere" / "functions"


def test_a_complete_function_is_read_and_other_components_skipped(tmp_path: Path) -> None:
    [function] = load(tmp_path, WHOLE, TIMEOUT="90")
    assert function == Function(
        name="screen",
        runtime="python3.10",
        handler="index.handler",
        code=tmp_path / "functions",
        timeout_s=90,
        memory_mb=1024,
        environment={"REGION": "ap-southeast-1"},
        initializer=Hook("index.initialize", 20),
        pre_stop=Hook("index.pre_stop", 2),
        triggers=(
            OssTrigger(
                "selfies-ap-southeast-1",
                ("oss:ObjectCreated:PutObject", "oss:ObjectCreated:CompleteMultipartUpload"),
                "in/",
                ".jpg",
                "created",
            ),
            HttpTrigger("function", ("GET", "POST"), "http"),
        ),
        retries=2,
        max_event_age_s=600,
        on_failure="acs:mns:r:1234:/queues/dead/messages",
        reserved_concurrency=10,
        log_project="p",
        log_store="l",
        role="acs:ram::1234:role/screen",
    )


def test_missing_values_have_the_platforms_defaults(tmp_path: Path) -> None:
    [function] = load(
        tmp_path,
        "{edition: 3.0.0, resources: {f: {component: fc3, props: {functionName: f, region: r, "
        "runtime: python3.12, handler: i.h, code: functions}}}}",
    )
    assert function == Function("f", "python3.12", "i.h", tmp_path / "functions")
    assert (function.timeout_s, function.retries, function.concurrency) == (3, 3, 100)
    assert (function.max_event_age_s, function.on_failure) == (86_400, None)


def test_a_function_has_at_most_one_http_trigger(tmp_path: Path) -> None:
    trigger = WHOLE[WHOLE.index("        - triggerName: http") :]
    with pytest.raises(InvalidTemplateError, match="two HTTP triggers"):
        load(tmp_path, WHOLE + trigger)


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        (("memorySize:", "memorysize:"), r"resources\.screen\.props: unknown key 'memorysize'"),
        (("${json(env('TIMEOUT', '60'))}", "1.5"), r"props\.timeout: expected a whole number"),
        (
            ("${json(env('TIMEOUT', '60'))}", "86401"),
            r"props\.timeout: .* from 1 to 86400, found 86401",
        ),
        (("'python3.10')", "'go1')"), r"props\.runtime: expected one of python3\.10, python3\.12"),
        (("./functions", "./none"), r"props\.code: no folder"),
        (("./functions", "./none.zip"), r"props\.code: no file .* facescreen package"),
        (("json(env('TIMEOUT', '60'))", "env('TIMEOUT', '60')"), r"timeout: .* found '60'"),
        (("env('TIMEOUT', '60')", "'sixty'"), r"timeout: unknown variable"),
        (("'60'", "'sixty'"), r"timeout: 'sixty' is not JSON"),
        (("authType: function", "authType: jwt"), r"triggers\[1\]\.triggerConfig\.authType"),
        (("oss:ObjectCreated:PutObject", "PutObject"), r"triggers\[0\]\.triggerConfig\.events"),
        (("suffix: .jpg", "sufix: .jpg"), r"filter\.key: unknown key 'sufix'"),
        (("triggerType: http", "triggerType: log"), r"triggers\[1\]\.triggerType"),
        (("sourceArn: acs:oss", "sourceArn: acs:mns"), r"triggers\[0\]\.sourceArn"),
        (("edition: 3.0.0", "edition: 1.0.0"), r"s\.yaml\.edition: expected one of 3\.0\.0"),
        (("component: fc3", "component: fc"), "no resource of component fc3"),
        (("[GET, POST]", "[GET, POST"), "not YAML"),
        (('"${vars.region}"', "1"), r"environmentVariables\.REGION: expected a string"),
        (('"${vars.region}"', "a" * 4096), "4102 bytes; at most 4096 are allowed"),
        (("env(ACCOUNT)", "env(NONE)"), "vars.account: NONE is not set in the environment"),
        (("memorySize: 1024", "memorySize: ${vars.size}"), r"memorySize: no variable vars\.size"),
        (("memorySize: 1024", "memorySize: ${git.sha}"), r"memorySize: unknown variable"),
        (("memorySize: 1024", "memorySize: ${vars.a"), r"memorySize: malformed variable"),
    ],
)
def test_an_error_names_the_place(
    tmp_path: Path, replacement: tuple[str, str], expected: str
) -> None:
    assert replacement[0] in WHOLE
    with pytest.raises(InvalidTemplateError, match=expected):
        load(tmp_path, WHOLE.replace(*replacement, 1))


def test_a_variable_that_refers_to_itself_is_an_error() -> None:
    declared = {"a": "${vars.b}", "b": "x-${vars.a}"}
    with pytest.raises(InvalidTemplateError, match=r"vars\.a refers to itself"):
        VariableResolver(declared, {}).resolve("${vars.a}", "here")


def test_a_string_that_is_one_variable_has_the_variables_type() -> None:
    variables = VariableResolver({"size": 512, "tags": ["a", "b"]}, {"NAME": "${vars.size}"})
    assert variables.resolve({"x": "${vars.size}"}, "here") == {"x": 512}
    assert variables.resolve("${vars.tags}", "here") == ["a", "b"]
    assert variables.resolve("${vars.size} MB", "here") == "512 MB"
    # A value from the environment is not a template.
    assert variables.resolve("${env(NAME)}", "here") == "${vars.size}"


def oss_record(event: str, bucket: str, key: str) -> dict[str, Any]:
    return {"eventName": event, "oss": {"bucket": {"name": bucket}, "object": {"key": key}}}


@pytest.mark.parametrize(
    ("event", "bucket", "key", "fires"),
    [
        ("ObjectCreated:PutObject", "selfies", "in/a.jpg", True),
        ("ObjectCreated:UploadPart", "selfies", "in/a.jpg", False),
        ("ObjectCreated:PutObject", "others", "in/a.jpg", False),
        ("ObjectCreated:PutObject", "selfies", "out/a.jpg", False),
        ("ObjectCreated:PutObject", "selfies", "in/a.png", False),
    ],
)
def test_a_record_fires_the_triggers_it_matches(
    event: str, bucket: str, key: str, fires: bool
) -> None:
    trigger = OssTrigger("selfies", ("oss:ObjectCreated:PutObject",), "in/", ".jpg")
    assert trigger.matches(oss_record(event, bucket, key)) is fires


def test_a_wildcard_matches_only_its_kind_of_event() -> None:
    trigger = OssTrigger("selfies", ("oss:ObjectCreated:*",), "", "")
    assert trigger.matches(oss_record("ObjectCreated:UploadPart", "selfies", "k"))
    assert not trigger.matches(oss_record("ObjectRemoved:DeleteObject", "selfies", "k"))
