"""The settings of the functions, in the groups that are read together.

Settings of one cloud are in its file in ``platforms/``; `platforms.choose.list_settings_groups`
returns all groups. docs/settings.md and .env.example are generated from these settings.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from facescreen.clients.endpoints import UPLOAD_AUTHORIZATION_ENDPOINT
from facescreen.events.filters import Filters
from facescreen.requirements import Strictness
from facescreen.settings.loader import (
    Setting,
    SettingsConflict,
    SettingsGroup,
    setting,
    settings_group,
    shared_setting,
)
from facescreen.settings.setting_types import (
    BUCKET_NAME_TYPE,
    BooleanType,
    ChoiceType,
    EndpointType,
    IntegerType,
    JwksType,
    MinutesType,
    NumberType,
    OriginListType,
    StringListType,
    StringType,
    choice_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

# The headings of .env.example, under which the settings are listed, in its order.
REQUIRED_SECTION = "required settings"
SCREENED_SECTION = "which objects are screened"
QUOTA_SECTION = (
    "the quota, in calls per second of the whole account; about twice as many instances are needed"
)
CALL_SECTION = "calls of ID Verification"
VERDICTS_SECTION = "where verdicts are written"
HIGH_RISK_SECTION = "quarantine of high-risk objects"
SWEEP_SECTION = "the sweep, which resubmits objects without a verdict, since events can be lost"
ALARMS_SECTION = "who is notified of alarms; without these settings nobody is"
HTTP_SECTION = "the HTTP trigger"
PLATFORM_SECTION = "the platform"
SECTIONS = (
    REQUIRED_SECTION,
    SCREENED_SECTION,
    QUOTA_SECTION,
    CALL_SECTION,
    VERDICTS_SECTION,
    HIGH_RISK_SECTION,
    SWEEP_SECTION,
    ALARMS_SECTION,
    HTTP_SECTION,
    PLATFORM_SECTION,
)

ALL_HANDLERS = ("object_created", "http_api", "sweep")
"""The names of the functions' handlers."""

_MAX_OBJECT_BYTES = 2**40

STATE_BUCKET_SETTING = Setting(
    "STATE_BUCKET",
    BUCKET_NAME_TYPE,
    doc="The bucket for the ledger and the history. It is created: use a new, globally unique "
    "name, not OSS_BUCKET.",
    where="a separate, unversioned bucket, not a watched one",
    section=REQUIRED_SECTION,
)
LOCAL_MODE_SETTING = Setting(
    "FACESCREEN_LOCAL",
    BooleanType(),
    "false",
    doc="Marks a deployment on the local cloud: responses of its emulator are accepted.",
)


@dataclass(frozen=True)
class QuarantineSettings(SettingsGroup):
    """The quarantine of high-risk objects.

    A moved object's key is ``<prefix><its bucket>/<MerchantBizId>/<its key>``: its finding can be
    looked up by its name, and other bytes never overwrite it.
    """

    read_by = ALL_HANDLERS

    action: str = setting(
        "QUARANTINE",
        choice_of("off", "move", "private"),
        "off",
        doc="off; move: objects are moved to a private bucket of yours in OSS_REGION, under a "
        "prefix that EXCLUDE_PREFIXES must contain; private: the object stays, with a private ACL.",
        section=HIGH_RISK_SECTION,
    )
    bucket: str = setting(
        "QUARANTINE_BUCKET",
        BUCKET_NAME_TYPE,
        "",
        doc="The bucket that `move` moves objects to. Only reviewers should be able to read it.",
        where="your buckets",
        section=HIGH_RISK_SECTION,
    )
    prefix: str = setting(
        "QUARANTINE_PREFIX",
        StringType(
            r"(?:[A-Za-z0-9_][A-Za-z0-9_.=-]{0,59}/){1,4}",
            "folders of letters, digits or _ . = - that end with a slash, such as quarantine/",
        ),
        "quarantine/",
        doc="The prefix of the keys of moved objects.",
        where="docs/deploy-alibaba.md, Options",
        section=HIGH_RISK_SECTION,
    )
    on_emulated: bool = setting(
        "QUARANTINE_STAND_IN",
        BooleanType(),
        "false",
        doc="Also quarantine on an emulator's verdict, which says nothing about deepfakes. To try "
        "quarantine on the local cloud; rejected elsewhere.",
    )


@dataclass(frozen=True)
class Settings(SettingsGroup):
    """The settings that every function reads."""

    read_by = ALL_HANDLERS

    scene_code: str = setting(
        "SCENE_CODE",
        StringType(r"[A-Za-z0-9_]{10}", "exactly 10 letters, digits or underscores"),
        doc="The scene code: 10 characters, in the ID Verification console under Scenes.",
        where="ID Verification console, Scenes",
        section=REQUIRED_SECTION,
    )
    state_bucket: str = shared_setting(STATE_BUCKET_SETTING)
    include_prefixes: tuple[str, ...] = setting(
        "INCLUDE_PREFIXES",
        StringListType(),
        "",
        doc="Only screen objects whose keys start with one of these prefixes, separated by commas. "
        "The function checks it itself.",
        section=SCREENED_SECTION,
    )
    exclude_prefixes: tuple[str, ...] = setting(
        "EXCLUDE_PREFIXES",
        StringListType(),
        "",
        doc="Do not screen objects whose keys start with one of these prefixes. Exclusions win "
        "over inclusions.",
        section=SCREENED_SECTION,
    )
    include_suffixes: tuple[str, ...] = setting(
        "INCLUDE_SUFFIXES",
        StringListType(),
        "",
        doc="Only screen objects whose keys end with one of these suffixes. Case-insensitive: .jpg "
        "includes .JPG.",
        section=SCREENED_SECTION,
    )
    exclude_suffixes: tuple[str, ...] = setting(
        "EXCLUDE_SUFFIXES",
        StringListType(),
        "",
        doc="Do not screen objects whose keys end with one of these suffixes.",
        section=SCREENED_SECTION,
    )
    min_bytes: int = setting(
        "SMALLEST_BYTES",
        IntegerType(0, _MAX_OBJECT_BYTES),
        "0",
        doc="Smaller objects are not screened.",
        section=SCREENED_SECTION,
    )
    max_bytes: int = setting(
        "LARGEST_BYTES",
        IntegerType(1, _MAX_OBJECT_BYTES),
        str(_MAX_OBJECT_BYTES),
        doc="Larger objects are not screened.",
        section=SCREENED_SECTION,
    )
    strictness: Strictness = setting(
        "STRICTNESS",
        ChoiceType({each.value: each for each in Strictness}, Strictness.STANDARD),
        "standard",
        doc="How many of the service's requirements reject a file without a call. lenient: only "
        "those without which it can't be read; strict: the recommendations too.",
        section=SCREENED_SECTION,
    )
    convert: bool = setting(
        "CONVERT",
        BooleanType(),
        "true",
        doc="Whether OSS converts PNG, HEIC, and large or rotated photos to a conforming JPEG.",
        section=SCREENED_SECTION,
    )
    calls_per_second: float = setting(
        "CALLS_PER_SECOND",
        NumberType(0.1, 10_000),
        "10",
        doc="The account's quota. All instances share it through the state bucket.",
        section=QUOTA_SECTION,
    )
    daily_calls: float = setting(
        "DAILY_CALLS",
        NumberType(1, 100_000_000, empty_value=math.inf),
        "",
        doc="The daily limit (UTC) of paid calls by all instances, at USD 0.40 each. Objects "
        "beyond it are deferred: their events go to the dead-letter queue, to redrive the next "
        "day, and HTTP callers get 429. Without it there is no limit.",
        section=QUOTA_SECTION,
    )
    image_timeout_s: float = setting(
        "IMAGE_TIMEOUT_SECONDS",
        NumberType(1, 120),
        "8",
        doc="Timeout of one call for an image.",
        section=CALL_SECTION,
    )
    video_timeout_s: float = setting(
        "VIDEO_TIMEOUT_SECONDS",
        NumberType(3, 300),
        "20",
        doc="Timeout of one call for a video; the service requires more than 3.",
        section=CALL_SECTION,
    )
    presigned_url_s: int = setting(
        "PRESIGNED_URL_SECONDS",
        IntegerType(60, 3600),
        "300",
        doc="How long the presigned URL is valid that the service downloads from.",
        section=CALL_SECTION,
    )
    transfer: str = setting(
        "TRANSFER",
        choice_of("stream", "url", "inline", "auto"),
        "stream",
        doc="How the service gets the file. stream: DeepfakeDetectIntlStream with the presigned "
        "URL in the body, so that it is not in request lines and access logs; url: "
        "DeepfakeDetectIntl with the URL in the query; inline: no URL, images of up to 1 MB in "
        "Base64, other files uploaded; auto: inline for images that fit into Base64 without "
        "conversion, stream for the rest.",
        section=CALL_SECTION,
    )
    merchant_prefix: str = setting(
        "MERCHANT_PREFIX",
        StringType(r"[A-Za-z0-9]{1,12}", "1 to 12 letters or digits"),
        "fs",
        doc="The prefix of each MerchantBizId.",
        where="choose an abbreviation of your own",
        section=CALL_SECTION,
    )
    revision_pin: str = setting(
        "REVISION_PIN",
        choice_of("auto", "bytes"),
        "auto",
        doc="What proves in an unversioned bucket that an object was not overwritten. auto: its "
        "ETag, size and Last-Modified, and its bytes where the store may date the object earlier "
        "than it became visible; bytes: always its bytes, which are read again at each look, and "
        "images that need conversion are unscreenable.",
        section=CALL_SECTION,
    )
    revision_margin_s: float = setting(
        "REVISION_MARGIN_S",
        NumberType(0, 5),
        "1",
        doc="In an unversioned bucket an object is screened once its Last-Modified is this many "
        "seconds over, so that no other upload can have the same: how far the clocks of the "
        "store's servers may differ. Versioned buckets need no wait.",
        section=CALL_SECTION,
    )
    upload_endpoint: str = setting(
        "CLOUDAUTH_UPLOAD_ENDPOINT",
        EndpointType(),
        UPLOAD_AUTHORIZATION_ENDPOINT,
        doc="Endpoint that authorizes uploads of files; used with TRANSFER=inline, and where only "
        "an object's bytes prove what the service saw.",
        section=PLATFORM_SECTION,
    )
    tag_prefix: str = setting(
        "TAG_PREFIX",
        StringType(
            r"[A-Za-z0-9+\-=._:/ ]{1,100}", "1 to 100 letters, digits, spaces or + - = . _ : /"
        ),
        "deepfake-",
        doc="The prefix of the tags' keys.",
        where="docs/contracts.md, Tags",
        section=VERDICTS_SECTION,
    )
    tag_form: str = setting(
        "TAG_FORM",
        choice_of("separate", "merged", "none"),
        "separate",
        doc="separate: four tags; merged: one tag; none: no tags, only messages.",
        section=VERDICTS_SECTION,
    )
    local: bool = shared_setting(LOCAL_MODE_SETTING)
    quarantine: QuarantineSettings = settings_group(QuarantineSettings)

    @cached_property
    def filters(self) -> Filters:
        """The filters for the objects to screen."""
        return Filters(
            include_prefixes=self.include_prefixes,
            exclude_prefixes=self.exclude_prefixes,
            include_suffixes=tuple(suffix.lower() for suffix in self.include_suffixes),
            exclude_suffixes=tuple(suffix.lower() for suffix in self.exclude_suffixes),
            min_bytes=self.min_bytes,
            max_bytes=self.max_bytes,
        )

    def find_conflicts(self) -> Iterator[SettingsConflict]:
        """Check the quarantine settings against the others."""
        quarantine = self.quarantine
        if quarantine.on_emulated and not self.local:
            yield SettingsConflict(
                ("QUARANTINE_STAND_IN", "FACESCREEN_LOCAL"),
                "QUARANTINE_STAND_IN is only allowed on a local cloud (FACESCREEN_LOCAL=true)",
            )
        if quarantine.action != "move":
            return
        if quarantine.bucket in ("", self.state_bucket):
            yield SettingsConflict(
                ("QUARANTINE", "QUARANTINE_BUCKET"),
                "QUARANTINE=move needs a QUARANTINE_BUCKET that is not the STATE_BUCKET",
            )
        if not self.filters.excludes_prefix(quarantine.prefix):
            yield SettingsConflict(
                ("QUARANTINE_PREFIX", "EXCLUDE_PREFIXES"),
                "copies in quarantine would be screened like uploads: EXCLUDE_PREFIXES must "
                f"contain the QUARANTINE_PREFIX, {quarantine.prefix}",
            )


@dataclass(frozen=True)
class TokenSettings:
    """Which bearer tokens are accepted."""

    key_set: str = field(repr=False)
    """A JSON Web Key Set of public keys."""
    issuer: str
    audience: str


@dataclass(frozen=True)
class HttpSettings(SettingsGroup):
    """The settings of the HTTP trigger."""

    read_by = ("http_api",)

    authentication: str = setting(
        "HTTP_AUTH",
        choice_of("function", "anonymous"),
        "function",
        doc="function: callers sign their requests. anonymous: callers send bearer tokens, which "
        "the next three settings configure.",
        section=HTTP_SECTION,
    )
    key_set: str = setting(
        "JWT_JWKS",
        JwksType(),
        "",
        doc="The public keys of the tokens' issuer: a JSON Web Key Set, in single quotes. To "
        "rotate keys, include the old and the new ones.",
        section=HTTP_SECTION,
    )
    issuer: str = setting(
        "JWT_ISSUER",
        StringType("(?s:.*)", "the tokens' issuer"),
        "",
        doc="The `iss` claim that tokens must have.",
        section=HTTP_SECTION,
    )
    audience: str = setting(
        "JWT_AUDIENCE",
        StringType("(?s:.*)", "the tokens' audience"),
        "",
        doc="The `aud` claim that tokens must have.",
        section=HTTP_SECTION,
    )
    max_wait_s: float = setting(
        "HTTP_LONGEST_SECONDS",
        NumberType(5, 600),
        "28",
        doc="Time limit for a response: callers and gateways wait less than a function may run.",
        section=HTTP_SECTION,
    )
    page: bool = setting(
        "PAGE",
        BooleanType(),
        "true",
        doc="Whether the web page is served.",
        section=HTTP_SECTION,
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS",
        OriginListType(),
        "",
        doc="Web origins that may call the API from a browser.",
        section=HTTP_SECTION,
    )
    url_allowed_origins: tuple[str, ...] = setting(
        "URL_ALLOWED_ORIGINS",
        OriginListType(),
        "",
        doc="Origins that callers' URLs may use even if they are private or not https.",
        section=HTTP_SECTION,
    )
    local: bool = shared_setting(LOCAL_MODE_SETTING)

    @property
    def token_settings(self) -> TokenSettings | None:
        """Which bearer tokens are accepted; None if none are."""
        if not self.key_set:
            return None
        return TokenSettings(self.key_set, self.issuer, self.audience)

    def find_conflicts(self) -> Iterator[SettingsConflict]:
        """Check for settings that would let in nobody, or everybody."""
        tokens = {
            "JWT_JWKS": self.key_set,
            "JWT_ISSUER": self.issuer,
            "JWT_AUDIENCE": self.audience,
        }
        missing = [name for name, value in tokens.items() if not value]
        if 0 < len(missing) < len(tokens):
            yield SettingsConflict(tuple(tokens), f"bearer tokens need {', '.join(missing)} too")
        if self.authentication == "anonymous" and len(missing) == len(tokens) and not self.local:
            yield SettingsConflict(
                ("HTTP_AUTH", *tokens),
                "HTTP_AUTH=anonymous lets anyone spend your money: set JWT_JWKS, JWT_ISSUER and "
                "JWT_AUDIENCE too, or HTTP_AUTH=function",
            )


_WATCHED_PREFIX_PATTERN = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:/(?P<prefix>.{0,1023}))?"
)


@dataclass(frozen=True)
class WatchedPrefix:
    """A bucket and prefix that a trigger watches."""

    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        """``bucket/prefix``."""
        return f"{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class _WatchedPrefixListType:
    """Watched prefixes, separated by commas."""

    empty_value: tuple[WatchedPrefix, ...] = ()
    valid_values: str = (
        "what the triggers watch, as BUCKET/PREFIX separated by commas, without the STATE_BUCKET"
    )

    def parse(self, text: str) -> tuple[WatchedPrefix, ...]:
        matches = [_WATCHED_PREFIX_PATTERN.fullmatch(name) for name in StringListType().parse(text)]
        prefixes = tuple(
            WatchedPrefix(match["bucket"], match["prefix"] or "") for match in matches if match
        )
        if not prefixes or len(prefixes) < len(matches):
            raise ValueError(self.valid_values)
        return prefixes


_WATCHED_OBJECTS_SETTING = Setting(
    "WATCHED_OBJECTS", _WatchedPrefixListType(), doc="What the triggers watch. Set by the template."
)


@dataclass(frozen=True)
class SweepSettings(SettingsGroup):
    """The settings of the sweep."""

    read_by = ("sweep",)

    watched_prefixes: tuple[WatchedPrefix, ...] = shared_setting(_WATCHED_OBJECTS_SETTING)
    suffix: str = setting(
        "WATCHED_SUFFIX",
        StringType("(?s:.*)", "a suffix of object keys"),
        "",
        doc="The suffix that the triggers watch. Set by the template. Objects with other suffixes "
        "have no events and are not screened.",
    )
    first_check_after: timedelta = setting(
        "SWEEP_AFTER_MINUTES",
        MinutesType(1, 1440),
        "30",
        doc="The age at which an object without a verdict is resubmitted; again at 4, 16 and 64 "
        "times this age.",
        section=SWEEP_SECTION,
    )
    max_submissions: int = setting(
        "SWEEP_MOST",
        IntegerType(1, 100_000),
        "500",
        doc="The most objects that one run submits, at a fifth of CALLS_PER_SECOND. The next run "
        "continues there.",
        section=SWEEP_SECTION,
    )
    state_bucket: str = shared_setting(STATE_BUCKET_SETTING)

    def find_conflicts(self) -> Iterator[SettingsConflict]:
        """Check that the state bucket is not screened."""
        if any(prefix.bucket == self.state_bucket for prefix in self.watched_prefixes):
            yield SettingsConflict(
                (_WATCHED_OBJECTS_SETTING.name,), _WATCHED_OBJECTS_SETTING.build_error_message("")
            )


COMMON_SETTINGS_GROUPS: tuple[type[SettingsGroup], ...] = (Settings, HttpSettings, SweepSettings)
"""The groups of all clouds."""
