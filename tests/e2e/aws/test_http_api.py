"""The HTTP handler in AWS's runtime client, with the events of a Lambda function URL."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import pytest

from tests.e2e.aws.analyzer import FORGED
from tests.e2e.aws.cloud import WATCHED, AwsCloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.function import LambdaFunction

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def api(cloud: AwsCloud, deploy: DeployFunction) -> LambdaFunction:
    return deploy("http_api.handler", SNS_TOPIC_ARN=cloud.topic_arn)


def invoke(
    api: LambdaFunction,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Invoke the function with an event of payload version 2.0 and return the response.

    Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs".
    """
    now = time.time()
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "id.lambda-url.eu-central-1.on.aws", **(headers or {})},
        "queryStringParameters": dict(pair.split("=") for pair in query.split("&") if pair),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": "id.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "id",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test",
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    response: dict[str, Any] = api.invoke(event)
    return response


def test_the_health_check_responds(api: LambdaFunction) -> None:
    response = invoke(api, "GET", "/v1/health")
    assert response["statusCode"] == 200
    assert json.loads(response["body"])["status"] == "ok"


def test_a_file_is_screened(api: LambdaFunction, photo: bytes) -> None:
    kind = {"content-type": "image/jpeg"}
    response = invoke(api, "POST", "/v1/screenings", photo + FORGED, headers=kind)
    assert (response["statusCode"], json.loads(response["body"])["verdict"]) == (200, "high_risk")


def test_an_object_is_screened_and_listed(
    api: LambdaFunction, cloud: AwsCloud, photo: bytes
) -> None:
    key = f"{WATCHED}asked.jpg"
    cloud.put("clips", key, photo)
    body = json.dumps({"object": {"bucket": "clips", "key": key}, "write_back": True}).encode()
    response = invoke(api, "POST", "/v1/screenings", body, headers=JSON)
    assert (response["statusCode"], json.loads(response["body"])["verdict"]) == (200, "low_risk")
    assert cloud.tags("clips", key)["deepfake-verdict"] == "low_risk"
    response = invoke(api, "GET", "/v1/screenings", query=f"bucket=clips&key={key}")
    assert json.loads(response["body"])["object"]["store"] == "s3"
    (listed_object,) = json.loads(invoke(api, "GET", "/v1/objects")["body"])["objects"]
    assert listed_object["standing"] == "current"
    assert listed_object["thumbnail"].startswith(f"{cloud.endpoint}/clips/")


def test_the_pages_content_security_policy_allows_the_bucket(
    api: LambdaFunction, cloud: AwsCloud
) -> None:
    response = invoke(api, "GET", "/")
    assert response["statusCode"] == 200
    (policy,) = (
        v for k, v in response["headers"].items() if k.lower() == "content-security-policy"
    )
    assert cloud.endpoint in policy


def test_a_missing_object_is_a_404_problem(api: LambdaFunction) -> None:
    body = json.dumps({"object": {"bucket": "selfies", "key": "absent.jpg"}}).encode()
    response = invoke(api, "POST", "/v1/screenings", body, headers=JSON)
    assert response["statusCode"] == 404
    assert json.loads(response["body"])["code"]
