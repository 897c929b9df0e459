"""The STS service: AssumeRoleWithOIDC, an unsigned RPC call by GET or POST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.protocol.service import Service
from tests.support.sts.errors import STATUS_BY_CODE, StsError
from tests.support.sts.trust import OidcProvider, Role

ACTION, VERSION = "AssumeRoleWithOIDC", "2015-04-01"
_MAX_BODY_BYTES = 64 * 1024
_MAX_PARAMS = 32
_MIN_DURATION_S, _MAX_DURATION_S = 900, 3600
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_ROLE_ARN = re.compile(r"acs:ram::\d{1,20}:role/[A-Za-z0-9.-]{1,64}")


class StsService(Service):
    """Returns keys of `local_account` for tokens of `provider` that may assume one of `roles`.

    The keys stay valid after the Expiration returned with them: the local cloud's keys don't
    expire. Responses are JSON, and a request for another format is refused; the real default is
    XML.
    """

    def __init__(self, local_account: LocalAccount, provider: OidcProvider, *roles: Role) -> None:
        super().__init__()
        self._local_account = local_account
        self._provider = provider
        self._roles = {role.arn: role for role in roles}

    def get_operation_name(self, request: web.BaseRequest) -> str:
        return dict(parse_qsl(_query(request))).get("Action", "")

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            params = dict(_parse_params(_query(request)) + _parse_params(await _read_body(request)))
            result = self._assume_role(params)
        except StsError as refusal:
            return self.build_error_response(400, refusal.code, str(refusal), request_id)
        return web.json_response({"RequestId": request_id, **result})

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        host = self.url.partition("://")[2]
        body = {"RequestId": request_id, "HostId": host, "Code": code, "Message": message}
        return web.json_response(body, status=STATUS_BY_CODE.get(code, status))

    def _assume_role(self, params: Mapping[str, str]) -> dict[str, Any]:
        if (params.get("Action"), params.get("Version")) != (ACTION, VERSION):
            message = "Specified api is not found, please check your url and method."
            raise StsError("InvalidAction.NotFound", message)
        session_name, duration_s = _validate(params)
        claims = self._find_provider(params).verify(params.get("OIDCToken", ""))
        role = self._find_role(params)
        role.check_trust(self._provider.arn, claims["sub"])
        return {
            "OIDCTokenInfo": _token_info(claims),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{self._local_account.account_id}:{session_name}",
                "Arn": f"{role.arn}/{session_name}",
            },
            "Credentials": self._issue_credentials(duration_s),
        }

    def _find_provider(self, params: Mapping[str, str]) -> OidcProvider:
        if params.get("OIDCProviderArn") != self._provider.arn:
            message = "No such OIDC Provider registered."
            raise StsError("AuthenticationFail.NoPermission", message)
        return self._provider

    def _find_role(self, params: Mapping[str, str]) -> Role:
        role = self._roles.get(params["RoleArn"])
        if role is None:
            raise StsError("EntityNotExist.Role", "The role not exists.")
        return role

    def _issue_credentials(self, duration_s: int) -> dict[str, str]:
        key = self._local_account.issue_temporary_key()
        return {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.access_key_secret,
            "SecurityToken": key.security_token,
            "Expiration": _format_time(datetime.now(timezone.utc) + timedelta(seconds=duration_s)),
        }


def _query(request: web.BaseRequest) -> str:
    return request.raw_path.partition("?")[2]


async def _read_body(request: web.BaseRequest) -> str:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise StsError("InvalidParameter", "The request is too large.")
    return body.decode("latin-1")


def _parse_params(encoded: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MAX_PARAMS)
    except ValueError:
        message = f"More than {_MAX_PARAMS} parameters."
        raise StsError("InvalidParameter", message) from None


def _validate(params: Mapping[str, str]) -> tuple[str, int]:
    """Check every parameter except the token. Returns the session's name and its seconds."""
    if params.get("Format") != "JSON":
        raise StsError("InvalidParameter", "Format must be JSON: the emulator has no XML.")
    if not _ROLE_ARN.fullmatch(params.get("RoleArn", "")):
        raise StsError("InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
    name = params.get("RoleSessionName", "")
    if not _SESSION_NAME.fullmatch(name):
        message = "The parameter RoleSessionName is wrongly formed."
        raise StsError("InvalidParameter.RoleSessionName", message)
    duration = params.get("DurationSeconds") or str(_MAX_DURATION_S)
    in_range = re.fullmatch("[0-9]{3,4}", duration) and (
        _MIN_DURATION_S <= int(duration) <= _MAX_DURATION_S
    )
    if not in_range:
        message = "The Min/Max value of DurationSeconds is 15min/1hr."
        raise StsError("InvalidParameter.DurationSeconds", message)
    return name, int(duration)


def _token_info(claims: Mapping[str, Any]) -> dict[str, str]:
    audience = claims["aud"]
    return {
        "Subject": claims["sub"],
        "Issuer": claims["iss"],
        "ClientIds": audience if isinstance(audience, str) else ",".join(audience),
        "ExpirationTime": _format_time(datetime.fromtimestamp(claims["exp"], timezone.utc)),
        "IssuanceTime": _format_time(datetime.fromtimestamp(claims["iat"], timezone.utc)),
        "VerificationInfo": "Success",
    }


def _format_time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
