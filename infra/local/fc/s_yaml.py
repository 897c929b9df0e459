"""Reads Serverless Devs' s.yaml (edition 3.0.0, component fc3): the functions it describes.

Only what the local cloud honours, or may pass over without running something else than what is
deployed, is accepted; any other key is an error. Keys: function-compute.md, "Serverless Devs".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from .function import Function, Hook, HttpTrigger, OssTrigger
from .section import BadTemplate, Section
from .variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LARGEST_FILE = 1024 * 1024
_LARGEST_ENVIRONMENT = 4096

_TOP_LEVEL = {"edition", "name", "access", "vars", "resources"}
_HONOURED = {
    "functionName", "runtime", "handler", "code", "timeout", "memorySize", "environmentVariables",
    "instanceLifecycleConfig", "asyncInvokeConfig", "concurrencyConfig", "logConfig", "triggers",
}  # fmt: skip
_PASSED_OVER = {
    "region", "description", "cpu", "diskSize", "role", "tags", "internetAccess", "vpcConfig",
}  # fmt: skip
_RESOURCE = {"component", "actions", "access", "props"}
_ASYNC = {"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"}
_LOG = {
    "project", "logstore", "enableRequestMetrics", "enableInstanceMetrics", "logBeginRule",
}  # fmt: skip
_TRIGGER = {
    "triggerName", "triggerType", "triggerConfig", "sourceArn", "description", "invocationRole",
    "qualifier",
}  # fmt: skip
_RUNTIMES = {"python3.10", "python3.12"}
_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_EVENTS = {
    f"oss:{event}"
    for event in (
        "ObjectCreated:*",
        "ObjectCreated:AppendObject",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:CopyObject",
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:PostObject",
        "ObjectCreated:PutObject",
        "ObjectCreated:PutSymlink",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectModified:UpdateObjectMeta",
        "ObjectRemoved:AbortMultipartUpload",
        "ObjectRemoved:DeleteObject",
        "ObjectRemoved:DeleteObjects",
    )
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_HANDLER = re.compile(r"[\w/.-]+\.\w+")
_BUCKET_ARN = re.compile(r"acs:oss:[^:]*:[^:]*:([a-z0-9-]+)")


def load(path: Path, environment: Mapping[str, str]) -> list[Function]:
    """The functions of `path`, in its order, variables resolved against `environment`.

    Other components are passed over. Raises BadTemplate, and OSError for a file out of reach.
    """
    document = _parse(path)
    variables = Variables(document.get("vars"), environment)
    functions = [
        _function(Section(variables.resolve(props, place), place, _HONOURED | _PASSED_OVER), path)
        for place, props in _fc3_props(document)
    ]
    names = [function.name for function in functions]
    if not names:
        raise BadTemplate(f"{path.name}: no resource of component fc3")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadTemplate(f"{path.name}: two functions are named {twice}")
    triggers = [trigger for function in functions for trigger in function.triggers]
    if sum(isinstance(trigger, HttpTrigger) for trigger in triggers) > 1:
        raise BadTemplate(f"{path.name}: two HTTP triggers; the local cloud has one address")
    return functions


def _parse(path: Path) -> dict[str, object]:
    if path.stat().st_size > _LARGEST_FILE:
        raise BadTemplate(f"{path.name}: larger than {_LARGEST_FILE} bytes")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadTemplate(f"{path.name}: not YAML: {error}") from error
    top = Section(document, path.name, _TOP_LEVEL)
    top.one_of("edition", {"3.0.0"})
    return dict(document)


def _fc3_props(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Each fc3 resource's props, not yet resolved, and their place."""
    resources = document.get("resources")
    if not isinstance(resources, dict):
        raise BadTemplate("resources: expected a mapping of resources")
    for name, value in resources.items():
        resource = Section(value, f"resources.{name}", _RESOURCE)
        if resource.text("component").partition("@")[0] == "fc3":
            yield f"resources.{name}.props", value.get("props")


def _function(props: Section, s_yaml: Path) -> Function:
    lifecycle = props.section("instanceLifecycleConfig", {"initializer", "preStop"})
    retrying = props.section("asyncInvokeConfig", _ASYNC)
    destinations = retrying.section("destinationConfig", {"onFailure"})
    log = props.section("logConfig", _LOG)
    return Function(
        name=_matching(props, "functionName", _NAME),
        runtime=props.one_of("runtime", _RUNTIMES),
        handler=_matching(props, "handler", _HANDLER),
        code=_code(props, s_yaml),
        timeout_s=props.number("timeout", 1, 86_400, Function.timeout_s),
        memory_mb=props.number("memorySize", 128, 32_768, Function.memory_mb),
        environment=_environment(props),
        initializer=_hook(lifecycle, "initializer"),
        pre_stop=_hook(lifecycle, "preStop"),
        triggers=tuple(_trigger(item) for item in props.items("triggers", _TRIGGER)),
        retries=retrying.number("maxAsyncRetryAttempts", 0, 8, Function.retries),
        max_event_age_s=retrying.number(
            "maxAsyncEventAgeInSeconds", 1, 2_592_000, Function.max_event_age_s
        ),
        on_failure=_destination(destinations),
        reserved_concurrency=_reserved(props),
        role=props.text("role", ""),
        log_project=log.text("project", ""),
        log_store=log.text("logstore", ""),
    )


def _code(props: Section, s_yaml: Path) -> Path:
    folder = (s_yaml.parent / props.text("code")).resolve()
    if not folder.is_dir():
        raise BadTemplate(f"{props.place}.code: no folder {folder}")
    return folder


def _environment(props: Section) -> dict[str, str]:
    environment = props.strings("environmentVariables")
    size = sum(len(f"{name}{value}".encode()) for name, value in environment.items())
    if size > _LARGEST_ENVIRONMENT:
        raise BadTemplate(
            f"{props.place}.environmentVariables: {size} bytes, of {_LARGEST_ENVIRONMENT} allowed"
        )
    return environment


def _hook(lifecycle: Section, key: str) -> Hook | None:
    if key not in lifecycle:
        return None
    hook = lifecycle.section(key, {"handler", "timeout"})
    return Hook(_matching(hook, "handler", _HANDLER), hook.number("timeout", 1, 300, 3))


def _destination(destinations: Section) -> str | None:
    if "onFailure" not in destinations:
        return None
    return destinations.section("onFailure", {"destination"}).text("destination")


def _reserved(props: Section) -> int | None:
    concurrency = props.section("concurrencyConfig", {"reservedConcurrency"})
    if "reservedConcurrency" not in concurrency:
        return None
    return concurrency.number("reservedConcurrency", 1, 10_000)


def _trigger(item: Section) -> OssTrigger | HttpTrigger:
    if item.one_of("triggerType", {"oss", "http"}) == "http":
        http = item.section("triggerConfig", {"authType", "methods", "disableURLInternet"})
        return HttpTrigger(
            http.one_of("authType", {"function", "anonymous"}),
            http.texts("methods", _METHODS),
            item.text("triggerName"),
        )
    oss = item.section("triggerConfig", {"events", "filter"})
    key = oss.section("filter", {"key"}).section("key", {"prefix", "suffix"})
    return OssTrigger(
        bucket=_matching(item, "sourceArn", _BUCKET_ARN).rpartition(":")[2],
        events=oss.texts("events", _EVENTS),
        prefix=key.text("prefix"),
        suffix=key.text("suffix"),
        name=item.text("triggerName"),
    )


def _matching(section: Section, key: str, form: re.Pattern[str]) -> str:
    value = section.text(key)
    if not form.fullmatch(value):
        raise BadTemplate(f"{section.place}.{key}: {value!r} is not of the form {form.pattern}")
    return value
