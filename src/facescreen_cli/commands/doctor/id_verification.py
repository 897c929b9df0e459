"""ID Verification: whether it knows these credentials, asked without anything to screen."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen.deepfake.request import DETECT, sign_request
from facescreen.deepfake.response import EMULATOR_HEADER, HttpResponse, parse_response
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok

_CHECK = "ID Verification"
_TIMEOUT_S = 5


def check_permission(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Sends a detection without content: it is refused for that, and costs nothing, wherever the
    caller is known and allowed. Raises errors.FacescreenError."""
    reply = _send_empty_detection(deployment, credentials)
    if EMULATOR_HEADER in reply.headers and not deployment.settings.local:
        says = "the endpoint names itself a stand-in, and FACESCREEN_LOCAL is not set"
        yield fault(_CHECK, says, "Set CLOUDAUTH_ENDPOINT to the real service's.")
        return
    try:
        parse_response(reply)
    except errors.AccessDeniedError as refused:
        remedy = "Grant antcloudauth:* (AliyunAntCloudAuthFullAccess), and open the service."
        yield fault(_CHECK, str(refused), remedy)
        return
    except errors.RequestRejectedError:
        pass
    stand_in = " (a local stand-in)" if EMULATOR_HEADER in reply.headers else ""
    yield ok(_CHECK, f"knows these credentials, and lets them ask{stand_in}")


def _send_empty_detection(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> HttpResponse:
    trusted = ssl.create_default_context()
    if deployment.ca_file:
        trusted.load_verify_locations(deployment.ca_file)
    signed = sign_request(DETECT, deployment.endpoints[_CHECK], credentials.get(), [])
    with httpx.Client(verify=trusted, timeout=_TIMEOUT_S) as http:
        try:
            answer = http.request(
                signed.method, signed.url, headers=dict(signed.headers), content=signed.body
            )
        except httpx.TransportError as error:
            met = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"ID Verification gave no answer ({met})"
            ) from None
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return HttpResponse(answer.status_code, headers, answer.content)
