"""For each line of parameters, print the templates as JSON by path. Run by .venv-sam's Python.

    python expand.py REPOSITORY

Parameters are a JSON object. The root template is printed after SAM's transform, the others as
read. One process handles many lines, because importing SAM takes seconds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def main(repository: Path) -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(expand(repository, json.loads(line))) + "\n")
        sys.stdout.flush()


def expand(repository: Path, parameters: dict[str, str]) -> dict[str, Any]:
    templates: dict[str, Any] = {
        str(path.relative_to(repository)): yaml_parse(path.read_text())
        for path in (repository / "infra" / "aws").glob("*.yaml")
    }
    root = yaml_parse((repository / "template.yaml").read_text())
    root["Globals"]["Function"]["CodeUri"] = "s3://packaged/code"  # as `sam package` writes it
    session = boto3.Session(region_name="eu-central-1")
    translator = Translator({}, Parser(), boto_session=session)
    templates["template.yaml"] = translator.translate(root, parameters)
    return templates


if __name__ == "__main__":
    main(Path(sys.argv[1]))
