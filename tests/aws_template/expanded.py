"""The template as CloudFormation gets it: SAM's macro expanded, by AWS's own samtranslator."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
REGION = "eu-central-1"
LEAST = {
    "SceneCode": "onboard_01",
    "BucketName": "selfies",
    "AlibabaSecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:alibaba-AbCdEf",
}
"""What a user must give."""


def read(path: str) -> dict[str, Any]:
    """A template of the repository, unexpanded."""
    found: dict[str, Any] = yaml_parse((PROJECT / path).read_text())
    return found


@lru_cache
def expanded() -> dict[str, Any]:
    """All resources of template.yaml."""
    template = read("template.yaml")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `sam deploy` puts the packages there.
            resource["Properties"]["CodeUri"] = {"Bucket": "packages", "Key": "code.zip"}
    template["Globals"]["Function"].pop("CodeUri")
    session = type("Session", (), {"region_name": REGION})()
    done = Translator({}, Parser(), boto_session=session).translate(template, dict(LEAST))
    found: dict[str, Any] = json.loads(json.dumps(done))
    return found


def resources(kind: str) -> dict[str, Any]:
    """Properties by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in expanded()["Resources"].items()
        if resource["Type"] == kind
    }


def statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of a policy document, both sides of each condition of the template."""
    for statement in document["Statement"]:
        yield from _sides(statement)


def _sides(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Fn::If" in statement:
        for side in statement["Fn::If"][1:]:
            yield from _sides(side)
    elif "Ref" not in statement:  # AWS::NoValue
        yield statement
