"""The OpenAPI document is correct: schemathesis tests the running trigger against it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

import facescreen
from tests.support.cloud_client import LocalCloudClient

SHIPPED = Path(facescreen.__file__).parent
DOCUMENT = json.loads((SHIPPED / "http" / "openapi.v1.json").read_text())
MESSAGE_SCHEMA = json.loads((SHIPPED / "screening-completed.v1.schema.json").read_text())


def test_the_trigger_conforms_to_the_document(
    api: httpx.Client, cloud_client: LocalCloudClient, tmp_path: Path
) -> None:
    result = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{cloud_client.env['HTTP_TRIGGER_URL']}/openapi.json",
            # A schema can't express what a face is, so a well-formed request may get a 422.
            "--exclude-checks=positive_data_acceptance",
            "--max-examples=40",
            "--seed=1",
            "--generation-database=none",
            "--request-timeout=30",
            "--phases=examples,coverage,fuzzing",
            "--no-color",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,  # where it writes its cache
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_the_trigger_serves_the_document_of_the_package(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    assert api.get("/openapi.json").json() == DOCUMENT


def test_a_response_and_a_message_have_the_same_schema() -> None:
    def fields(schema: dict[str, Any]) -> dict[str, Any]:
        return {name: part.get("type") for name, part in schema["properties"].items()}

    response_schema = DOCUMENT["components"]["schemas"]["Screening"]
    message_schema = MESSAGE_SCHEMA["$defs"]["screening"]
    assert set(response_schema["required"]) == set(message_schema["required"])
    response_fields, message_fields = fields(response_schema), fields(message_schema)
    # References in the document.
    for name in ("object", "verdict", "media"):
        del response_fields[name], message_fields[name]
    assert response_fields == message_fields
