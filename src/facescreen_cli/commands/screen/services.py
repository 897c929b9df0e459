"""Builds a run's services from the environment and the options that override it."""

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
from facescreen.platforms.ports import Platform
from facescreen.settings.table import Settings
from facescreen_cli.buckets import STORE_NAMES
from facescreen_cli.commands.screen.target_screener import ResultCache, TargetScreener
from facescreen_cli.deployment import SCREENING_SETTINGS, connect_platform, is_loopback
from facescreen_cli.interrupt import StoppableRateLimiter, StopSignal

_EVENT_SOURCE = "facescreen/screen"
_CONNECTION_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64)


@dataclass(frozen=True)
class ScreenServices:
    """The checked settings, and the cloud of the objects among the targets."""

    settings: Settings
    platform: Platform
    ca_file: str
    """A CA certificate to trust in addition to the public ones; empty for none."""

    @classmethod
    def from_env(
        cls,
        environment: Mapping[str, str],
        credentials: CredentialSource,
        store: str,
        *,
        dry_run: bool,
    ) -> ScreenServices:
        """`store` is empty if there are no objects: files and URLs are screened the same way with
        any cloud. A dry run calls no service and needs no scene code. Raises click.UsageError,
        which names every setting that is wrong."""
        needs: tuple[str, ...] = SCREENING_SETTINGS if store else ("SCENE_CODE",)
        if dry_run and not environment.get("SCENE_CODE"):
            needs = ()
        settings, platform = connect_platform(
            store or STORE_NAMES[0], environment, credentials, needs=needs
        )
        return cls(settings, platform, environment.get("CLOUDAUTH_CA_FILE", ""))

    def create_target_screener(
        self, stop: StopSignal, *, objects: bool, write_back: bool
    ) -> TargetScreener:
        """Build the screener. With `objects`, calls share the function's rate limiter in the state
        bucket. Raises click.UsageError if there are no credentials, EmulatorRefusedError."""
        self.platform.credentials.get()
        on_demand = None
        if objects:
            deployment = Deployment(self.settings, self.platform, _EVENT_SOURCE)
            client, on_demand = deployment.deepfake_client, deployment.on_demand_screener
        else:
            client = self._create_client(stop)
        with suppress(errors.TransientError):  # the calls retry, and report more detail
            client.keep_alive()
        settings = self.settings
        return TargetScreener(
            client,
            settings.merchant_prefix,
            settings.strictness,
            ResultCache(),
            on_demand,
            write_back,
        )

    def _create_client(self, stop: StopSignal) -> DeepfakeClient:
        settings, trusted = self.settings, ssl.create_default_context()
        if self.ca_file:
            trusted.load_verify_locations(self.ca_file)
        return DeepfakeClient(
            http=httpx.Client(verify=trusted, limits=_CONNECTION_LIMITS),
            scene_code=settings.scene_code,
            credentials=self.platform.credentials,
            endpoint=self.platform.cloudauth_endpoint,
            upload_endpoint=settings.upload_endpoint,
            image_timeout_s=settings.image_timeout_s,
            video_timeout_s=settings.video_timeout_s,
            rate_limiter=StoppableRateLimiter(settings.calls_per_second, stop),
            allow_emulator=is_loopback(self.platform.cloudauth_endpoint),
        )
