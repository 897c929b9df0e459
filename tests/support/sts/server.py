"""The STS service: AssumeRoleWithOIDC, an unsigned RPC call by GET or POST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.protocol.service import Service
from tests.support.sts.errors import STATUS_BY_CODE, StsError
from tests.support.sts.trust import OidcProvider, Role

ACTION, VERSION = "AssumeRoleWithOIDC", "2015-04-01"
_LARGEST_BODY = 64 * 1024
_MOST_PARAMETERS = 32
_SHORTEST_S, _LONGEST_S = 900, 3600
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_ROLE_ARN = re.compile(r"acs:ram::\d{1,20}:role/[A-Za-z0-9.-]{1,64}")


class StsService(Service):
    """Gives keys of `identity` for tokens of `provider` that may assume one of `roles`.

    The keys outlive the Expiration they are given with: the local cloud's keys have no end. Answers
    are JSON alone, and a request that doesn't ask for it is refused: the real default is XML.
    """

    def __init__(self, identity: Identity, provider: OidcProvider, *roles: Role) -> None:
        super().__init__()
        self._identity = identity
        self._provider = provider
        self._roles = {role.arn: role for role in roles}

    def operation(self, request: web.BaseRequest) -> str:
        return dict(parse_qsl(_query(request))).get("Action", "")

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            given = dict(_pairs(_query(request)) + _pairs(await _form(request)))
            result = self._assume_role(given)
        except StsError as refusal:
            return self.error(400, refusal.code, str(refusal), request_id)
        return web.json_response({"RequestId": request_id, **result})

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        host = self.url.partition("://")[2]
        body = {"RequestId": request_id, "HostId": host, "Code": code, "Message": message}
        return web.json_response(body, status=STATUS_BY_CODE.get(code, status))

    def _assume_role(self, given: Mapping[str, str]) -> dict[str, Any]:
        if (given.get("Action"), given.get("Version")) != (ACTION, VERSION):
            text = "Specified api is not found, please check your url and method."
            raise StsError("InvalidAction.NotFound", text)
        session_name, duration_s = _checked(given)
        claims = self._provider_of(given).verify(given.get("OIDCToken", ""))
        role = self._role_of(given)
        role.check_trust(self._provider.arn, claims["sub"])
        return {
            "OIDCTokenInfo": _token_info(claims),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{self._identity.account_id}:{session_name}",
                "Arn": f"{role.arn}/{session_name}",
            },
            "Credentials": self._issue(duration_s),
        }

    def _provider_of(self, given: Mapping[str, str]) -> OidcProvider:
        if given.get("OIDCProviderArn") != self._provider.arn:
            text = "No such OIDC Provider registered."
            raise StsError("AuthenticationFail.NoPermission", text)
        return self._provider

    def _role_of(self, given: Mapping[str, str]) -> Role:
        role = self._roles.get(given["RoleArn"])
        if role is None:
            raise StsError("EntityNotExist.Role", "The role not exists.")
        return role

    def _issue(self, duration_s: int) -> dict[str, str]:
        key = self._identity.issue_token()
        return {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.access_key_secret,
            "SecurityToken": key.security_token,
            "Expiration": _date(datetime.now(timezone.utc) + timedelta(seconds=duration_s)),
        }


def _query(request: web.BaseRequest) -> str:
    return request.raw_path.partition("?")[2]


async def _form(request: web.BaseRequest) -> str:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise StsError("InvalidParameter", "The request is too large.")
    return body.decode("latin-1")


def _pairs(encoded: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        text = f"More than {_MOST_PARAMETERS} parameters."
        raise StsError("InvalidParameter", text) from None


def _checked(given: Mapping[str, str]) -> tuple[str, int]:
    """The session's name and its seconds, once every parameter but the token is well formed."""
    if given.get("Format") != "JSON":
        raise StsError("InvalidParameter", "Format must be JSON: here is no XML.")
    if not _ROLE_ARN.fullmatch(given.get("RoleArn", "")):
        raise StsError("InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
    name = given.get("RoleSessionName", "")
    if not _SESSION_NAME.fullmatch(name):
        text = "The parameter RoleSessionName is wrongly formed."
        raise StsError("InvalidParameter.RoleSessionName", text)
    duration = given.get("DurationSeconds") or str(_LONGEST_S)
    if not re.fullmatch("[0-9]{3,4}", duration) or not _SHORTEST_S <= int(duration) <= _LONGEST_S:
        text = "The Min/Max value of DurationSeconds is 15min/1hr."
        raise StsError("InvalidParameter.DurationSeconds", text)
    return name, int(duration)


def _token_info(claims: Mapping[str, Any]) -> dict[str, str]:
    audience = claims["aud"]
    return {
        "Subject": claims["sub"],
        "Issuer": claims["iss"],
        "ClientIds": audience if isinstance(audience, str) else ",".join(audience),
        "ExpirationTime": _date(datetime.fromtimestamp(claims["exp"], timezone.utc)),
        "IssuanceTime": _date(datetime.fromtimestamp(claims["iat"], timezone.utc)),
        "VerificationInfo": "Success",
    }


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
