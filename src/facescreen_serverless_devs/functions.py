"""Reads Serverless Devs' s.yaml (edition 3.0.0, component fc3): the functions it describes.

Only what the local cloud honours, or may pass over without running something else than what is
deployed, is accepted; any other key is an error. Keys: function-compute.md, "Serverless Devs".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from facescreen_serverless_devs import document, triggers
from facescreen_serverless_devs.model import Function, Hook, HttpTrigger
from facescreen_serverless_devs.section import InvalidTemplateError, Section
from facescreen_serverless_devs.variables import Variables

_LARGEST_ENVIRONMENT = 4096

_HONOURED = {
    "functionName", "runtime", "handler", "code", "timeout", "memorySize", "environmentVariables",
    "instanceLifecycleConfig", "asyncInvokeConfig", "concurrencyConfig", "logConfig", "triggers",
}  # fmt: skip
_PASSED_OVER = {
    "region", "description", "cpu", "diskSize", "role", "tags", "internetAccess", "vpcConfig",
}  # fmt: skip
_RESOURCE = {"component", "actions", "access", "props"}
_STACK = {"region", "name", "endpoint", "template", "parameters"}
_ASYNC = {"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"}
_LOG = {
    "project", "logstore", "enableRequestMetrics", "enableInstanceMetrics", "logBeginRule",
}  # fmt: skip
_RUNTIMES = {"python3.10", "python3.12"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_HANDLER = re.compile(r"[\w/.-]+\.\w+")


def load_functions(
    path: Path,
    environment: Mapping[str, str],
    *,
    packages: Path | None = None,
    source: Path | None = None,
) -> list[Function]:
    """The functions of `path`, in its order, variables resolved against `environment`.

    Paths of packages are relative to `packages`, or else to the folder of `path`. `source` is a
    folder that every function's code is taken from, in place of its package. Other
    components are passed over. Raises InvalidTemplateError, and OSError for a file out of reach.
    """
    whole = document.read(path)
    variables = Variables(whole.get("vars"), environment)
    functions = [
        _function(
            Section(variables.resolve(props, place), place, _HONOURED | _PASSED_OVER),
            lambda code: source or (packages or path.parent) / code,
        )
        for place, props in _props(whole, "fc3")
    ]
    names = [function.name for function in functions]
    if not names:
        raise InvalidTemplateError(f"{path.name}: no resource of component fc3")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InvalidTemplateError(f"{path.name}: two functions are named {twice}")
    every = [trigger for function in functions for trigger in function.triggers]
    if sum(isinstance(trigger, HttpTrigger) for trigger in every) > 1:
        raise InvalidTemplateError(
            f"{path.name}: two HTTP triggers; the local cloud has one address"
        )
    return functions


def load_environment(path: Path, handler: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that the function with `handler` gets, whatever else `path` says; none where
    there is no such function. Raises as `load_functions`."""
    whole = document.read(path)
    variables = Variables(whole.get("vars"), environment)
    for place, props in _props(whole, "fc3"):
        function = Section(variables.resolve(props, place), place, _HONOURED | _PASSED_OVER)
        if function.text("handler") == handler:
            return _environment(function)
    return {}


def load_stacks(path: Path, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The parameters of each resource of component ros, by its template as it is named there.

    Raises InvalidTemplateError, and OSError for a file out of reach.
    """
    whole = document.read(path)
    variables = Variables(whole.get("vars"), environment)
    props = [
        Section(variables.resolve(props, place), place, _STACK)
        for place, props in _props(whole, "ros")
    ]
    return {each.text("template"): each.strings("parameters") for each in props}


def _props(whole: Mapping[str, object], component: str) -> Iterator[tuple[str, object]]:
    """The props of each resource of a component, not yet resolved, and their place."""
    resources = whole.get("resources")
    if not isinstance(resources, dict):
        raise InvalidTemplateError("resources: expected a mapping of resources")
    for name, value in resources.items():
        resource = Section(value, f"resources.{name}", _RESOURCE)
        if resource.text("component").partition("@")[0] == component:
            yield f"resources.{name}.props", value.get("props")


def _function(props: Section, found: Callable[[str], Path]) -> Function:
    lifecycle = props.section("instanceLifecycleConfig", {"initializer", "preStop"})
    retrying = props.section("asyncInvokeConfig", _ASYNC)
    destinations = retrying.section("destinationConfig", {"onFailure"})
    log = props.section("logConfig", _LOG)
    return Function(
        name=props.matching("functionName", _NAME),
        runtime=props.one_of("runtime", _RUNTIMES),
        handler=props.matching("handler", _HANDLER),
        code=_code(props, found),
        timeout_s=props.number("timeout", 1, 86_400, Function.timeout_s),
        memory_mb=props.number("memorySize", 128, 32_768, Function.memory_mb),
        environment=_environment(props),
        initializer=_hook(lifecycle, "initializer"),
        pre_stop=_hook(lifecycle, "preStop"),
        triggers=tuple(triggers.read(item) for item in props.items("triggers", triggers.KEYS)),
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


def _code(props: Section, found: Callable[[str], Path]) -> Path:
    code = found(props.text("code")).resolve()
    if code.suffix == ".zip" and not code.is_file():
        raise InvalidTemplateError(
            f"{props.place}.code: no file {code}; make it by: facescreen package"
        )
    if code.suffix != ".zip" and not code.is_dir():
        raise InvalidTemplateError(f"{props.place}.code: no folder {code}")
    return code


def _environment(props: Section) -> dict[str, str]:
    environment = props.strings("environmentVariables")
    size = sum(len(f"{name}{value}".encode()) for name, value in environment.items())
    if size > _LARGEST_ENVIRONMENT:
        raise InvalidTemplateError(
            f"{props.place}.environmentVariables: {size} bytes, of {_LARGEST_ENVIRONMENT} allowed"
        )
    return environment


def _hook(lifecycle: Section, key: str) -> Hook | None:
    if key not in lifecycle:
        return None
    hook = lifecycle.section(key, {"handler", "timeout"})
    return Hook(hook.matching("handler", _HANDLER), hook.number("timeout", 1, 300, 3))


def _destination(destinations: Section) -> str | None:
    if "onFailure" not in destinations:
        return None
    return destinations.section("onFailure", {"destination"}).text("destination")


def _reserved(props: Section) -> int | None:
    concurrency = props.section("concurrencyConfig", {"reservedConcurrency"})
    if "reservedConcurrency" not in concurrency:
        return None
    return concurrency.number("reservedConcurrency", 1, 10_000)
