"""The templates, rendered by Serverless Devs, have only properties that the platform knows."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from alibabacloud_fc20230330 import models

from facescreen_serverless_devs.functions import load_functions
from tests.templates.s_yaml.preview import PROJECT, copy_project, preview
from tests.templates.s_yaml.properties import find_faults

REQUIRED = {
    "ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456",
    "OSS_BUCKET": "selfies",
    "STATE_BUCKET": "facescreen-state",
    "SCENE_CODE": "onboard_01",
    "VPC_ID": "vpc-t4n1",
    "VSWITCH_ID": "vsw-t4n1",
    "SECURITY_GROUP_ID": "sg-t4n1",
    "PAGE_DOMAIN": "faces.example.com",
    "PAGE_CERTIFICATE": "1234567-ap-southeast-1",
}
ALL_SETTINGS = {
    **REQUIRED,
    "OSS_PREFIX": "selfies/",
    "OSS_SUFFIX": ".jpg",
    "FC_RUNTIME": "python3.12",
    "RESERVED_CONCURRENCY": "40",
    "MNS_DLQ": "letters",
    "JWT_JWKS": """'{"keys": [{"kid": "a&b", "kty": "RSA"}]}'""",
    "HTTP_AUTH": "anonymous",
    "HTTP_PRIVATE": "true",
    # An empty value counts as not set.
    "STRICTNESS": "",
    "MNS_TOPIC": "",
}
TRIGGERS = {
    "oss": models.OSSTriggerConfig,
    "http": models.HTTPTriggerConfig,
    "eventbridge": models.EventBridgeTriggerConfig,
    "timer": models.TimerTriggerConfig,
}
SPECIAL_KEYS = {"triggers", "asyncInvokeConfig", "concurrencyConfig", "region", "code", "tags"}
"""Keys that fc3 has in one place and the API in another, or spells differently."""


def unquote(dotenv: dict[str, str]) -> dict[str, str]:
    return {name: value.strip("'") for name, value in dotenv.items()}


def function_faults(props: dict[str, Any]) -> list[str]:
    own = {key: value for key, value in props.items() if key not in SPECIAL_KEYS}
    faults_found = [
        *find_faults(models.CreateFunctionInput, own),
        *find_faults(models.PutAsyncInvokeConfigInput, props.get("asyncInvokeConfig", {}), "async"),
        *find_faults(models.PutConcurrencyInput, props["concurrencyConfig"], "concurrency"),
    ]
    faults_found += [f"tag: {tag}" for tag in props["tags"] if set(tag) != {"key", "value"}]
    for trigger in props["triggers"]:
        own_fields = {key: value for key, value in trigger.items() if key != "triggerConfig"}
        config = TRIGGERS[trigger["triggerType"]]
        faults_found += find_faults(models.CreateTriggerInput, own_fields, "trigger")
        faults_found += find_faults(config, trigger["triggerConfig"], "triggerConfig")
    return faults_found


def functions_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: resource["props"]
        for name, resource in document["resources"].items()
        if resource["component"] == "fc3"
    }


@pytest.mark.parametrize("dotenv", [REQUIRED, ALL_SETTINGS], ids=["required", "given"])
@pytest.mark.parametrize("template", ["s.yaml", "s.eventbridge.yaml"])
def test_every_property_is_known_to_function_compute(
    tmp_path: Path, template: str, dotenv: dict[str, str]
) -> None:
    functions = functions_of(preview(copy_project(tmp_path, dotenv), template))
    assert set(functions) == {"object_created", "http_api", "sweep"}
    for name, props in functions.items():
        assert (name, function_faults(props)) == (name, [])


@pytest.mark.parametrize("dotenv", [REQUIRED, ALL_SETTINGS], ids=["required", "given"])
@pytest.mark.parametrize("template", ["s.yaml", "s.eventbridge.yaml"])
def test_the_local_cloud_reads_a_template_as_serverless_devs_does(
    tmp_path: Path, template: str, dotenv: dict[str, str]
) -> None:
    folder = copy_project(tmp_path, dotenv)
    rendered = folder / "rendered.yaml"
    rendered.write_text(json.dumps(preview(folder, template)))
    rendered_functions = load_functions(rendered, {}, source=folder)
    assert rendered_functions == load_functions(folder / template, unquote(dotenv), source=folder)


def test_the_pages_domain_has_only_known_properties(tmp_path: Path) -> None:
    document = preview(copy_project(tmp_path, REQUIRED), "s.page.yaml")
    props = copy.deepcopy(document["resources"]["page"]["props"])
    assert props.pop("region") == "ap-southeast-1"
    # The component refers to the certificate by its id and gets the rest itself.
    assert props.pop("certConfig") == {"certId": "1234567-ap-southeast-1"}
    assert list(find_faults(models.CreateCustomDomainInput, props)) == []
    [route] = props["routeConfig"]["routes"]
    functions = functions_of(preview(tmp_path, "s.yaml"))
    assert route["functionName"] == functions["http_api"]["functionName"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("timeout", "60", ".timeout: '60' is not a int"),
        ("timeOut", 60, ".timeOut: unknown to CreateFunctionInput"),
        ("tags", [{"application": "facescreen"}], "tag: {'application': 'facescreen'}"),
        ("vpcConfig.vSwitchIds", "vsw-1", ".vpcConfig.vSwitchIds: not a list"),
        ("logConfig.logStore", "x", ".logConfig.logStore: unknown to LogConfig"),
        ("environmentVariables.PAGE", True, ".environmentVariables.PAGE: True is not a str"),
        ("concurrencyConfig.reservedConcurrency", "20", "concurrency.reservedConcurrency: '20'"),
        ("triggers.0.triggerConfig.filter.key.sufix", "", "triggerConfig.filter.key.sufix: unk"),
        ("triggers.0.sourceARN", "", "trigger.sourceARN: unknown to CreateTriggerInput"),
    ],
)
def test_the_check_is_strict(path: str, value: object, expected: str) -> None:
    """It finds errors that the component's own schema accepts."""
    text = (
        (PROJECT / "s.yaml").read_text().replace("${json(env('RESERVED_CONCURRENCY', '20'))}", "20")
    )
    props = copy.deepcopy(functions_of(yaml.safe_load(text))["object_created"])
    assert function_faults(props) == []
    *parents, last = path.split(".")
    place: Any = props
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    place[last] = value
    [fault] = function_faults(props)
    assert fault.startswith(expected)


def test_only_the_triggers_differ_with_eventbridge(tmp_path: Path) -> None:
    folder = copy_project(tmp_path, REQUIRED)
    native, bridged = (
        functions_of(preview(folder, template)) for template in ("s.yaml", "s.eventbridge.yaml")
    )
    del native["object_created"]["triggers"], bridged["object_created"]["triggers"]
    assert native == bridged
