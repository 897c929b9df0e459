"""Which requests reach a route, and which headers every response has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import facescreen
from facescreen.http.auth import TokenVerifier
from facescreen.http.routes import create_app
from facescreen.settings.table import TokenSettings
from tests.unit.http.api_client import send_request, stub_api
from tests.unit.http.test_auth import key_set, token

DOCUMENT = json.loads(
    (Path(facescreen.__file__).parent / "http" / "openapi.v1.json").read_text("utf-8")
)
TOKENS = TokenVerifier(TokenSettings(key_set(), "https://login.example", "facescreen"))
OPEN_PATHS = ("/", "/v1/health", "/openapi.json")
CLOSED_PATHS = ("/v1/screenings", "/v1/objects", "/v1/counts", "/v1/nothing")
COMMON_HEADERS = {
    "X-Request-Id": "case-1",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class StubReview:
    def count_by_hour(self, hours: int, now: object) -> dict[str, Any]:
        return {"hours": [], "complete": True}


def test_every_route_is_described() -> None:
    app = create_app(stub_api(serves_page=False))
    routes = {(route.path, route.method.lower()) for route in app._static_routes}
    assert routes == {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_path_allows_only_the_documented_methods(path: str) -> None:
    response = send_request(create_app(stub_api()), "PUT", path)
    assert response["statusCode"] == 405
    documented = [method.upper() for method in sorted(DOCUMENT["paths"][path])]
    assert response["headers"]["Allow"] == ", ".join(documented)


def test_the_allow_header_lists_routes_added_later() -> None:
    app = create_app(stub_api())
    app.delete("/v1/counts")(lambda: {})
    app.get("/v1/things/<name>")(lambda name: {"name": name})
    assert send_request(app, "PUT", "/v1/counts")["headers"]["Allow"] == "DELETE, GET"
    assert send_request(app, "PUT", "/v1/things/a")["headers"]["Allow"] == "GET"
    assert json.loads(send_request(app, "GET", "/v1/things/a")["body"]) == {"name": "a"}


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
@pytest.mark.parametrize("path", [*OPEN_PATHS, *CLOSED_PATHS])
def test_only_open_paths_can_be_reached_without_a_token(path: str, method: str) -> None:
    app = create_app(stub_api(token_verifier=TOKENS, image_origins=(), is_local=True))
    is_refused = send_request(app, method, path)["statusCode"] == 401
    assert is_refused == (path in CLOSED_PATHS)
    assert send_request(app, method, path, Authorization=f"Bearer {token()}")["statusCode"] != 401


def test_without_a_page_the_root_path_is_not_found() -> None:
    app = create_app(stub_api(serves_page=False, token_verifier=TOKENS))
    assert [send_request(app, method, "/")["statusCode"] for method in ("GET", "POST")] == [
        404,
        404,
    ]


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
def test_every_response_has_the_common_headers(method: str, path: str, status: int) -> None:
    app = create_app(stub_api(review_list=StubReview()))
    response = send_request(app, method, path, X_Request_Id="case-1")
    assert response["statusCode"] == status
    assert COMMON_HEADERS.items() <= response["headers"].items()


def test_an_id_that_cannot_be_echoed_is_refused_and_not_echoed() -> None:
    response = send_request(create_app(stub_api()), "GET", "/v1/counts", X_Request_Id="a b")
    assert (response["statusCode"], response["headers"]["X-Request-Id"]) == (400, "r-1")
    assert json.loads(response["body"])["code"] == "InvalidHeader"


def test_a_preflight_needs_no_token_and_returns_only_cors_headers() -> None:
    app = create_app(stub_api(token_verifier=TOKENS, cors_origins=("https://kyc.example",)))
    response = send_request(app, "OPTIONS", "/v1/screenings", Origin="https://kyc.example")
    assert (response["statusCode"], response["body"]) == (204, "")
    assert response["headers"]["Access-Control-Allow-Methods"] == "GET,OPTIONS,POST"
    assert all(name.startswith("Access-Control-") for name in response["headers"])
