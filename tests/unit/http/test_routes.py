"""Which requests reach a route, and what every answer has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import facescreen
from facescreen.http.auth import TokenVerifier
from facescreen.http.routes import create_app
from facescreen.settings.table import TokenSettings
from tests.unit.http.calls import call, stub_api
from tests.unit.http.test_auth import key_set, token

DOCUMENT = json.loads(
    (Path(facescreen.__file__).parent / "http" / "openapi.v1.json").read_text("utf-8")
)
TOKENS = TokenVerifier(TokenSettings(key_set(), "https://login.example", "facescreen"))
OPEN = ("/", "/v1/health", "/openapi.json")
CLOSED = ("/v1/screenings", "/v1/objects", "/v1/counts", "/v1/nothing")
COMMON = {
    "X-Request-Id": "case-1",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Review:
    def count_by_hour(self, hours: int, now: object) -> dict[str, Any]:
        return {"hours": [], "complete": True}


def test_every_route_is_described() -> None:
    app = create_app(stub_api(serves_page=False))
    routes = {(route.path, route.method.lower()) for route in app._static_routes}
    assert routes == {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_path_takes_the_methods_that_the_document_gives(path: str) -> None:
    answer = call(create_app(stub_api()), "PUT", path)
    assert answer["statusCode"] == 405
    documented = [method.upper() for method in sorted(DOCUMENT["paths"][path])]
    assert answer["headers"]["Allow"] == ", ".join(documented)


def test_a_new_route_is_counted_among_the_methods() -> None:
    app = create_app(stub_api())
    app.delete("/v1/counts")(lambda: {})
    app.get("/v1/things/<name>")(lambda name: {"name": name})
    assert call(app, "PUT", "/v1/counts")["headers"]["Allow"] == "DELETE, GET"
    assert call(app, "PUT", "/v1/things/a")["headers"]["Allow"] == "GET"
    assert json.loads(call(app, "GET", "/v1/things/a")["body"]) == {"name": "a"}


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
@pytest.mark.parametrize("path", [*OPEN, *CLOSED])
def test_only_open_paths_answer_without_a_token(path: str, method: str) -> None:
    app = create_app(stub_api(token_verifier=TOKENS, image_origins=(), is_local=True))
    refused = call(app, method, path)["statusCode"] == 401
    assert refused == (path in CLOSED)
    assert call(app, method, path, Authorization=f"Bearer {token()}")["statusCode"] != 401


def test_without_a_page_nothing_is_there() -> None:
    app = create_app(stub_api(serves_page=False, token_verifier=TOKENS))
    assert [call(app, method, "/")["statusCode"] for method in ("GET", "POST")] == [404, 404]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/counts", 200),
        ("GET", "/v1/objects", 500),
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/counts", 405),
        ("OPTIONS", "/v1/counts", 405),
    ],
)
def test_every_answer_has_the_common_headers(method: str, path: str, status: int) -> None:
    app = create_app(stub_api(review_list=Review()))
    answer = call(app, method, path, X_Request_Id="case-1")
    assert answer["statusCode"] == status
    assert COMMON.items() <= answer["headers"].items()


def test_an_id_that_cannot_be_echoed_is_refused_and_not_echoed() -> None:
    answer = call(create_app(stub_api()), "GET", "/v1/counts", X_Request_Id="a b")
    assert (answer["statusCode"], answer["headers"]["X-Request-Id"]) == (400, "r-1")
    assert json.loads(answer["body"])["code"] == "InvalidHeader"


def test_a_preflight_needs_no_token_and_has_cors_headers_alone() -> None:
    app = create_app(stub_api(token_verifier=TOKENS, cors_origins=("https://kyc.example",)))
    answer = call(app, "OPTIONS", "/v1/screenings", Origin="https://kyc.example")
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["Access-Control-Allow-Methods"] == "GET,OPTIONS,POST"
    assert all(name.startswith("Access-Control-") for name in answer["headers"])
