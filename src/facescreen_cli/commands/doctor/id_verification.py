"""Checks that ID Verification accepts the credentials, without screening anything."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen.deepfake.request import DETECT_ACTION, sign_request
from facescreen.deepfake.response import EMULATOR_HEADER, HttpResponse, parse_response
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok

_CHECK_NAME = "ID Verification"
_REQUEST_TIMEOUT_S = 5


def check_permission(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Send a detection request without content. If the caller has permission, the service rejects
    the content, which costs nothing. Raises errors.FacescreenError."""
    http_response = _send_empty_detection(deployment, credentials)
    if EMULATOR_HEADER in http_response.headers and not deployment.settings.local:
        message = "the endpoint is an emulator, and FACESCREEN_LOCAL is not set"
        yield fault(_CHECK_NAME, message, "Set CLOUDAUTH_ENDPOINT to the real service.")
        return
    try:
        parse_response(http_response)
    except errors.AccessDeniedError as error:
        remedy = "Grant antcloudauth:* (AliyunAntCloudAuthFullAccess), and activate the service."
        yield fault(_CHECK_NAME, str(error), remedy)
        return
    except errors.RequestRejectedError:
        pass
    suffix = " (a local emulator)" if EMULATOR_HEADER in http_response.headers else ""
    yield ok(_CHECK_NAME, f"accepts these credentials{suffix}")


def _send_empty_detection(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> HttpResponse:
    tls_context = ssl.create_default_context()
    if deployment.ca_file:
        tls_context.load_verify_locations(deployment.ca_file)
    signed = sign_request(DETECT_ACTION, deployment.endpoints[_CHECK_NAME], credentials.get(), [])
    with httpx.Client(verify=tls_context, timeout=_REQUEST_TIMEOUT_S) as http:
        try:
            response = http.request(
                signed.method, signed.url, headers=dict(signed.headers), content=signed.body
            )
        except httpx.TransportError as error:
            error_name = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"ID Verification can't be reached ({error_name})"
            ) from None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpResponse(response.status_code, headers, response.content)
