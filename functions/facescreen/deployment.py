"""A deployment: its settings, its cloud, and the objects built from them. Import this late: it
loads the SDKs, and only those that are needed."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from facescreen import telemetry
from facescreen.deepfake.budget import DailyBudget, UnlimitedBudget, is_budget_exhausted
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.rate_limiter import LocalRateLimiter, SharedRateLimiter
from facescreen.errors import TransientError
from facescreen.platforms import choose
from facescreen.records.history import History
from facescreen.records.ledger import Ledger
from facescreen.screening.pinning import ObjectPinner
from facescreen.screening.revision_screener import RevisionScreener, ScreenerOptions
from facescreen.screening.screener import Screener
from facescreen.screening.tagger import Tagger
from facescreen.screening.transfer import AutoTransfer, InlineTransfer, UrlTransfer
from facescreen.screening.verdict_writer import VerdictWriter
from facescreen.settings.loader import SettingsReader
from facescreen.settings.table import HttpSettings, Settings, SweepSettings
from facescreen.timing import StoreClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.clients.credentials import CredentialSource
    from facescreen.deepfake.budget import CallBudget
    from facescreen.deepfake.request import DetectRequest
    from facescreen.deepfake.response import Detection
    from facescreen.http.routes import ApiServices
    from facescreen.platforms.ports import Platform
    from facescreen.screening.batch import BatchProcessor
    from facescreen.screening.on_demand import OnDemandScreener
    from facescreen.screening.quarantine import Quarantine
    from facescreen.screening.sweep import Sweeper
    from facescreen.screening.transfer import Transfer
    from facescreen.storage.ports import StateStore

_SWEEP_QUOTA_SHARE = 0.2
"""The sweep's share of the quota. The rest is for new uploads."""


@dataclass(frozen=True)
class Deployment:
    """The parts of one deployment, each created when it is first used."""

    settings: Settings
    platform: Platform
    source: str = ""
    """The function, as messages name it."""

    @classmethod
    def from_env(
        cls,
        environment: Mapping[str, str],
        credentials: CredentialSource,
        *,
        source: str = "",
        can_invoke: bool = False,
    ) -> Deployment:
        """Create the deployment for the cloud that runs this. With `can_invoke` it can invoke
        functions. Raises InvalidSettingsError, which names every invalid setting."""
        reader = SettingsReader(environment)
        settings = reader.read_group(Settings)
        platform = choose.detect_platform(environment).from_settings(
            reader, credentials, can_invoke=can_invoke
        )
        reader.raise_errors()
        return cls(settings, platform, source)

    def warm_up(self) -> None:
        """Open the connection that the first call would wait for. Raises EmulatorRefusedError."""
        try:
            self.deepfake_client.keep_alive()
        except TransientError as error:
            telemetry.log_warm_up_error(error)

    @cached_property
    def state_store(self) -> StateStore:
        return self.platform.create_state_store(self.settings.state_bucket)

    @cached_property
    def clock(self) -> StoreClock:
        return StoreClock()

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.state_store, self.clock, accepts_emulated=self.settings.local)

    @cached_property
    def history(self) -> History:
        return History(self.state_store)

    @cached_property
    def deepfake_client(self) -> DeepfakeClient:
        return DeepfakeClient(
            scene_code=self.settings.scene_code,
            credentials=self.platform.credentials,
            endpoint=self.platform.cloudauth_endpoint,
            upload_endpoint=self.settings.upload_endpoint,
            image_timeout_s=self.settings.image_timeout_s,
            video_timeout_s=self.settings.video_timeout_s,
            rate_limiter=SharedRateLimiter(self.state_store, self.settings.calls_per_second),
            budget=self._create_budget(),
            allow_emulator=self.settings.local,
        )

    @cached_property
    def pinner(self) -> ObjectPinner:
        return ObjectPinner(
            self.platform.object_store,
            margin_s=self.settings.revision_margin_s,
            trust_times=self.settings.revision_pin == "auto",
            clock=self.clock,
        )

    @cached_property
    def tagger(self) -> Tagger:
        settings, store = self.settings, self.platform.object_store
        prefix, form = settings.tag_prefix, settings.tag_form
        return Tagger(store, self.pinner, prefix=prefix, form=form, clock=self.clock)

    @cached_property
    def screener(self) -> Screener:
        """Screens objects in buckets, for events and for HTTP requests."""
        return Screener(
            store=self.platform.object_store,
            pinner=self.pinner,
            ledger=self.ledger,
            tagger=self.tagger,
            revision_screener=self._create_revision_screener(),
        )

    @cached_property
    def batch_processor(self) -> BatchProcessor:
        """Screens the objects of one event."""
        from facescreen.screening.batch import BatchProcessor

        return BatchProcessor(
            self.screener,
            self.platform.dead_letter_sender,
            max_receive_count=self.platform.max_receive_count,
        )

    @cached_property
    def on_demand_screener(self) -> OnDemandScreener:
        """Screens single objects, files and URLs."""
        from facescreen.screening.on_demand import OnDemandScreener

        return OnDemandScreener(
            screener=self.screener,
            store=self.platform.object_store,
            ledger=self.ledger,
            detect=self.deepfake_client.detect_stream,
            merchant_prefix=self.settings.merchant_prefix,
            strictness=self.settings.strictness,
            tag_prefix=self.settings.tag_prefix,
            tag_form=self.settings.tag_form,
        )

    def create_api_services(self, http_settings: HttpSettings) -> ApiServices:
        """Create what the HTTP trigger's routes use."""
        from facescreen.clients.dns import resolve_host
        from facescreen.http.auth import TokenVerifier
        from facescreen.http.review import ReviewList
        from facescreen.http.routes import ApiServices
        from facescreen.screening.url_rules import UrlRules

        store = self.platform.object_store
        return ApiServices(
            on_demand_screener=self.on_demand_screener,
            review_list=ReviewList(self.history, store),
            url_rules=UrlRules(http_settings.url_allowed_origins, resolve_host),
            token_verifier=TokenVerifier(http_settings.token_settings)
            if http_settings.token_settings
            else None,
            cors_origins=http_settings.cors_origins,
            state_bucket=self.settings.state_bucket,
            store_name=store.name,
            image_origins=store.public_origins,
            serves_page=http_settings.page,
            max_wait_s=http_settings.max_wait_s,
            is_local=self.settings.local,
        )

    def create_sweeper(self, sweep_settings: SweepSettings) -> Sweeper:
        """Create the sweeper, which submits objects without a verdict."""
        from facescreen.screening.sweep import Sweeper, VerdictChecker
        from facescreen.screening.sweep_cursor import CursorStore

        settings, store = self.settings, self.platform.object_store
        return Sweeper(
            settings=sweep_settings,
            store=store,
            invoker=self.platform.invoker,
            cursor_store=CursorStore(self.state_store),
            filters=settings.filters,
            verdict_checker=VerdictChecker(store, settings.tag_prefix, settings.tag_form),
            rate_limiter=LocalRateLimiter(_SWEEP_QUOTA_SHARE * settings.calls_per_second),
            is_budget_exhausted=self._is_budget_exhausted,
        )

    def _create_revision_screener(self) -> RevisionScreener:
        settings, store = self.settings, self.platform.object_store
        return RevisionScreener(
            store=store,
            ledger=self.ledger,
            tagger=self.tagger,
            transfer=self._create_transfer(),
            transfer_bytes=InlineTransfer(store),
            detect=self._detect,
            verdict_writer=VerdictWriter(
                tagger=self.tagger,
                publisher=self.platform.publisher,
                history=self.history,
                source=self.source,
                quarantine=self._create_quarantine(),
            ),
            options=ScreenerOptions(
                merchant_prefix=settings.merchant_prefix,
                strictness=settings.strictness,
                convert=settings.convert,
            ),
        )

    def _detect(self, request: DetectRequest) -> Detection:
        """Call the operation that takes the request: only the streaming one takes files."""
        client = self.deepfake_client
        by_url = self.settings.transfer == "url" and request.url
        return client.detect(request) if by_url else client.detect_stream(request)

    def _create_quarantine(self) -> Quarantine | None:
        if self.settings.quarantine.action == "off":
            return None
        from facescreen.screening.quarantine import Quarantine, QuarantineRecords

        return Quarantine(
            self.platform.quarantine_store,
            self.pinner,
            QuarantineRecords(self.ledger),
            self.settings.quarantine,
        )

    def _create_budget(self) -> CallBudget:
        if math.isinf(self.settings.daily_calls):
            return UnlimitedBudget(telemetry.count_paid_call)
        return DailyBudget(
            self.state_store, int(self.settings.daily_calls), on_paid=telemetry.count_paid_call
        )

    def _is_budget_exhausted(self) -> bool:
        max_calls = self.settings.daily_calls
        return not math.isinf(max_calls) and is_budget_exhausted(
            self.state_store, max_calls, time.time()
        )

    def _create_transfer(self) -> Transfer:
        store = self.platform.object_store
        by_url, inline = UrlTransfer(store, self.settings.presigned_url_s), InlineTransfer(store)
        transfers: dict[str, Transfer] = {"inline": inline, "auto": AutoTransfer(inline, by_url)}
        return transfers.get(self.settings.transfer, by_url)
