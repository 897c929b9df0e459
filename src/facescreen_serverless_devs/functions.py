"""Reads the functions of Serverless Devs' s.yaml (edition 3.0.0, component fc3).

Accepts only keys that the local cloud supports, or can ignore without running something different
from what is deployed; any other key is an error. Keys: function-compute.md, "Serverless Devs".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from facescreen_serverless_devs import document, triggers
from facescreen_serverless_devs.model import Function, Hook, HttpTrigger
from facescreen_serverless_devs.section import InvalidTemplateError, TemplateSection
from facescreen_serverless_devs.variables import VariableResolver

_MAX_ENVIRONMENT_BYTES = 4096

_SUPPORTED_KEYS = {
    "functionName", "runtime", "handler", "code", "timeout", "memorySize", "environmentVariables",
    "instanceLifecycleConfig", "asyncInvokeConfig", "concurrencyConfig", "logConfig", "triggers",
}  # fmt: skip
_IGNORED_KEYS = {
    "region", "description", "cpu", "diskSize", "role", "tags", "internetAccess", "vpcConfig",
}  # fmt: skip
_RESOURCE_KEYS = {"component", "actions", "access", "props"}
_STACK_KEYS = {"region", "name", "endpoint", "template", "parameters"}
_ASYNC_KEYS = {"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"}
_LOG_KEYS = {
    "project", "logstore", "enableRequestMetrics", "enableInstanceMetrics", "logBeginRule",
}  # fmt: skip
_SUPPORTED_RUNTIMES = {"python3.10", "python3.12"}
_NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_HANDLER_PATTERN = re.compile(r"[\w/.-]+\.\w+")


def load_functions(
    path: Path,
    environment: Mapping[str, str],
    *,
    code_root: Path | None = None,
    source: Path | None = None,
) -> list[Function]:
    """Load the functions of `path` in its order, with variables resolved from `environment`.

    Paths of packages are relative to `code_root`, by default the folder of `path`. If `source` is
    set, every function's code is that folder instead of its package. Other components are ignored.
    Raises InvalidTemplateError, and OSError if a file can't be read.
    """
    template = document.read_template(path)
    variables = VariableResolver(template.get("vars"), environment)
    functions = [
        _parse_function(
            TemplateSection(
                variables.resolve(props, key_path), key_path, _SUPPORTED_KEYS | _IGNORED_KEYS
            ),
            lambda code: source or (code_root or path.parent) / code,
        )
        for key_path, props in _find_props(template, "fc3")
    ]
    names = [function.name for function in functions]
    if not names:
        raise InvalidTemplateError(f"{path.name}: no resource of component fc3")
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate:
        raise InvalidTemplateError(f"{path.name}: two functions are named {duplicate}")
    all_triggers = [trigger for function in functions for trigger in function.triggers]
    if sum(isinstance(trigger, HttpTrigger) for trigger in all_triggers) > 1:
        raise InvalidTemplateError(
            f"{path.name}: two HTTP triggers; the local cloud has one address"
        )
    return functions


def load_function_environment(
    path: Path, handler: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Load the variables of the function with `handler`, without checking the rest of `path`; empty
    if there is no such function. Raises as `load_functions`."""
    template = document.read_template(path)
    variables = VariableResolver(template.get("vars"), environment)
    for key_path, props in _find_props(template, "fc3"):
        function = TemplateSection(
            variables.resolve(props, key_path), key_path, _SUPPORTED_KEYS | _IGNORED_KEYS
        )
        if function.get_string("handler") == handler:
            return _parse_environment(function)
    return {}


def load_stacks(path: Path, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Load the parameters of each resource of component ros, by the path of its template.

    Raises InvalidTemplateError, and OSError if a file can't be read.
    """
    template = document.read_template(path)
    variables = VariableResolver(template.get("vars"), environment)
    props = [
        TemplateSection(variables.resolve(props, key_path), key_path, _STACK_KEYS)
        for key_path, props in _find_props(template, "ros")
    ]
    return {stack.get_string("template"): stack.get_string_map("parameters") for stack in props}


def _find_props(template: Mapping[str, object], component: str) -> Iterator[tuple[str, object]]:
    """Yields the key path and the unresolved props of each resource of a component."""
    resources = template.get("resources")
    if not isinstance(resources, dict):
        raise InvalidTemplateError("resources: expected a mapping of resources")
    for name, value in resources.items():
        resource = TemplateSection(value, f"resources.{name}", _RESOURCE_KEYS)
        if resource.get_string("component").partition("@")[0] == component:
            yield f"resources.{name}.props", value.get("props")


def _parse_function(props: TemplateSection, resolve_path: Callable[[str], Path]) -> Function:
    lifecycle = props.get_section("instanceLifecycleConfig", {"initializer", "preStop"})
    async_config = props.get_section("asyncInvokeConfig", _ASYNC_KEYS)
    destinations = async_config.get_section("destinationConfig", {"onFailure"})
    log_config = props.get_section("logConfig", _LOG_KEYS)
    return Function(
        name=props.get_matching_string("functionName", _NAME_PATTERN),
        runtime=props.get_choice("runtime", _SUPPORTED_RUNTIMES),
        handler=props.get_matching_string("handler", _HANDLER_PATTERN),
        code=_parse_code_path(props, resolve_path),
        timeout_s=props.get_integer("timeout", 1, 86_400, Function.timeout_s),
        memory_mb=props.get_integer("memorySize", 128, 32_768, Function.memory_mb),
        environment=_parse_environment(props),
        initializer=_parse_hook(lifecycle, "initializer"),
        pre_stop=_parse_hook(lifecycle, "preStop"),
        triggers=tuple(
            triggers.parse_trigger(item)
            for item in props.get_sections("triggers", triggers.TRIGGER_KEYS)
        ),
        retries=async_config.get_integer("maxAsyncRetryAttempts", 0, 8, Function.retries),
        max_event_age_s=async_config.get_integer(
            "maxAsyncEventAgeInSeconds", 1, 2_592_000, Function.max_event_age_s
        ),
        on_failure=_parse_on_failure_destination(destinations),
        reserved_concurrency=_parse_reserved_concurrency(props),
        role=props.get_string("role", ""),
        log_project=log_config.get_string("project", ""),
        log_store=log_config.get_string("logstore", ""),
    )


def _parse_code_path(props: TemplateSection, resolve_path: Callable[[str], Path]) -> Path:
    code = resolve_path(props.get_string("code")).resolve()
    if code.suffix == ".zip" and not code.is_file():
        raise InvalidTemplateError(
            f"{props.key_path}.code: no file {code}; build it with: facescreen package"
        )
    if code.suffix != ".zip" and not code.is_dir():
        raise InvalidTemplateError(f"{props.key_path}.code: no folder {code}")
    return code


def _parse_environment(props: TemplateSection) -> dict[str, str]:
    environment = props.get_string_map("environmentVariables")
    size = sum(len(f"{name}{value}".encode()) for name, value in environment.items())
    if size > _MAX_ENVIRONMENT_BYTES:
        raise InvalidTemplateError(
            f"{props.key_path}.environmentVariables: {size} bytes; at most "
            f"{_MAX_ENVIRONMENT_BYTES} are allowed"
        )
    return environment


def _parse_hook(lifecycle: TemplateSection, key: str) -> Hook | None:
    if key not in lifecycle:
        return None
    hook = lifecycle.get_section(key, {"handler", "timeout"})
    return Hook(
        hook.get_matching_string("handler", _HANDLER_PATTERN),
        hook.get_integer("timeout", 1, 300, 3),
    )


def _parse_on_failure_destination(destinations: TemplateSection) -> str | None:
    if "onFailure" not in destinations:
        return None
    return destinations.get_section("onFailure", {"destination"}).get_string("destination")


def _parse_reserved_concurrency(props: TemplateSection) -> int | None:
    concurrency = props.get_section("concurrencyConfig", {"reservedConcurrency"})
    if "reservedConcurrency" not in concurrency:
        return None
    return concurrency.get_integer("reservedConcurrency", 1, 10_000)
