"""The services that a run works with, from the environment and the options that go before it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deployment import Deployment
from facescreen.platforms import choose
from facescreen.requirements import Strictness
from facescreen.screening.on_demand import AdHoc
from facescreen.settings.loader import Reader, load
from facescreen.settings.table import Settings
from facescreen_cli.commands.screen.target_screener import Judge, Once
from facescreen_cli.credentials import Endpoints
from facescreen_cli.interrupt import StoppablePace, StopSignal
from facescreen_cli.settings import usage_errors

_SOURCE = "facescreen/screen"
# How the function on AWS comes to credentials: who runs this has their own.
_OF_THE_FUNCTION_ALONE = ("ALIBABA_SECRET_ARN", "ALIBABA_ROLE_ARN", "ALIBABA_OIDC_PROVIDER_ARN")
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=64)


@dataclass(frozen=True)
class Services:
    """Checked settings. Their names in the environment are those of the functions."""

    environment: Mapping[str, str]
    endpoints: Endpoints
    scene_code: str
    calls_per_second: float
    merchant_prefix: str
    strictness: Strictness
    image_timeout_s: float
    video_timeout_s: float

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Services:
        """Raises BadSettings, which names every one that is wrong."""
        settings = load(Settings, environment, unused=("STATE_BUCKET",))
        return cls(
            environment=environment,
            endpoints=Endpoints.from_env(environment),
            scene_code=settings.scene_code,
            calls_per_second=settings.calls_per_second,
            merchant_prefix=settings.merchant_prefix,
            strictness=settings.strictness,
            image_timeout_s=settings.image_timeout_s,
            video_timeout_s=settings.video_timeout_s,
        )

    def judge(
        self, credentials: CredentialSource, stop: StopSignal, *, store: str, write_back: bool
    ) -> Judge:
        """With objects of a `store`, every call takes its turn beside those of the function, in
        its state bucket. Raises click.UsageError, StandInRefused."""
        ad_hoc = None
        if store:
            client, ad_hoc = self._of_function(store, credentials)
        else:
            client = self._client(credentials, stop)
        with suppress(errors.Passing):  # the calls themselves try again, and say more
            client.keep_alive()
        return Judge(client, self.merchant_prefix, self.strictness, Once(), ad_hoc, write_back)

    def _client(self, credentials: CredentialSource, stop: StopSignal) -> DeepfakeClient:
        trusted = ssl.create_default_context()
        if authority := self.environment.get("CLOUDAUTH_CA_FILE"):
            trusted.load_verify_locations(authority)
        return DeepfakeClient(
            http=httpx.Client(verify=trusted, limits=_CONNECTIONS),
            scene_code=self.scene_code,
            credentials=credentials,
            endpoint=self.endpoints.cloudauth,
            upload_endpoint=self.endpoints.upload,
            image_timeout_s=self.image_timeout_s,
            video_timeout_s=self.video_timeout_s,
            pace=StoppablePace(self.calls_per_second, stop),
            allow_stand_in=self.endpoints.is_local,
        )

    def _of_function(
        self, store: str, credentials: CredentialSource
    ) -> tuple[DeepfakeClient, AdHoc]:
        reader = Reader(self._outside(), unused=_OF_THE_FUNCTION_ALONE)
        settings = reader.read(Settings)
        platform = choose.of_store(store).read(reader, credentials)
        with usage_errors():
            reader.check()
        deployment = Deployment(settings, platform, _SOURCE)
        return deployment.client, deployment.on_demand

    def _outside(self) -> dict[str, str]:
        """The function's settings as they are for who stands outside its VPC."""
        region = self.environment.get("OSS_REGION") or "ap-southeast-1"
        public = f"https://oss-{region}.aliyuncs.com"
        endpoint = self.environment.get("OSS_ENDPOINT") or public
        return {
            "OSS_PUBLIC_ENDPOINT": endpoint if self.endpoints.is_local else public,
            "FACESCREEN_LOCAL": str(self.endpoints.is_local).lower(),
            **self.environment,
            "OSS_ENDPOINT": endpoint,
            "CLOUDAUTH_ENDPOINT": self.endpoints.cloudauth,
            "CLOUDAUTH_UPLOAD_ENDPOINT": self.endpoints.upload,
        }


def environment(
    *, scene: str | None, rate: float | None, endpoint: str | None, base: Mapping[str, str]
) -> dict[str, str]:
    """`base` with the options in place of what it says."""
    given = {"SCENE_CODE": scene, "CALLS_PER_SECOND": rate, "CLOUDAUTH_ENDPOINT": endpoint}
    return {**base, **{name: str(value) for name, value in given.items() if value is not None}}
