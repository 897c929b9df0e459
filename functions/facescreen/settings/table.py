"""The settings of the functions, one row each, in the groups that are read together.

What a cloud needs beside them stands in its file in ``platforms/``; `platforms.choose.groups` has
all of them. docs/settings.md and .env.example are made from these rows.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from facescreen.clients.endpoints import UPLOAD_ENDPOINT
from facescreen.events.filters import Filters
from facescreen.requirements import Strictness
from facescreen.settings.forms import (
    BUCKET,
    Choice,
    Endpoint,
    KeySet,
    Minutes,
    Names,
    Number,
    Origins,
    Switch,
    Text,
    WholeNumber,
    words,
)
from facescreen.settings.loader import Contradiction, Group, Setting, group, setting, shared_setting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

# The headings of .env.example, in its order.
REQUIRED = "what must be given"
SCREENED = "what is screened"
QUOTA = "the quota, in calls a second of the whole account; instances are about twice that"
CALL = "one call of ID Verification"
VERDICTS = "where verdicts go"
HIGH_RISK = "what is done about a high risk"
SWEEP = "the sweep, which submits again what has no verdict: an event may be lost"
ALARMS = "who hears of trouble; without these nobody does"
HTTP = "the HTTP trigger"
PLATFORM = "the platform"
SECTIONS = (
    REQUIRED, SCREENED, QUOTA, CALL, VERDICTS, HIGH_RISK, SWEEP, ALARMS, HTTP, PLATFORM,
)  # fmt: skip

ALL = ("object_created", "http_api", "sweep")
"""The handlers."""

_MAX_OBJECT_BYTES = 2**40

STATE_BUCKET = Setting(
    "STATE_BUCKET",
    BUCKET,
    doc="A bucket for the ledger and the history, which is made: a name that nobody has, not "
    "OSS_BUCKET.",
    where="an unversioned bucket of its own, not a watched one",
    section=REQUIRED,
)
LOCAL = Setting(
    "FACESCREEN_LOCAL",
    Switch(),
    "false",
    doc="Marks a deployment on the local cloud: answers of its stand-in are taken.",
)


@dataclass(frozen=True)
class QuarantineSettings(Group):
    """What is done about a high risk, and where a moved object goes.

    A moved object stands under ``<prefix><its bucket>/<MerchantBizId>/<its key>``: what was found
    about it can be looked up by its name, and other bytes never come over it.
    """

    read_by = ALL

    action: str = setting(
        "QUARANTINE",
        words("off", "move", "private"),
        "off",
        doc="off; move: to a private bucket of yours, in OSS_REGION, under a prefix that "
        "EXCLUDE_PREFIXES must name; private: the object stays, its access list is closed.",
        section=HIGH_RISK,
    )
    bucket: str = setting(
        "QUARANTINE_BUCKET",
        BUCKET,
        "",
        doc="Where move puts objects: a bucket that only reviewers can read.",
        where="your buckets",
        section=HIGH_RISK,
    )
    prefix: str = setting(
        "QUARANTINE_PREFIX",
        Text(
            r"(?:[A-Za-z0-9_][A-Za-z0-9_.=-]{0,59}/){1,4}",
            "folders of letters, digits or _ . = - that end with a slash, such as quarantine/",
        ),
        "quarantine/",
        doc="What the keys of moved objects begin with.",
        where="docs/deploy-alibaba.md, Options",
        section=HIGH_RISK,
    )
    on_stand_in: bool = setting(
        "QUARANTINE_STAND_IN",
        Switch(),
        "false",
        doc="Acts on a stand-in's verdict too, which says nothing of deepfakes: to try the "
        "action on a local cloud, and refused anywhere else.",
    )


@dataclass(frozen=True)
class Settings(Group):
    """What every function reads."""

    read_by = ALL

    scene_code: str = setting(
        "SCENE_CODE",
        Text(r"[A-Za-z0-9_]{10}", "exactly 10 letters, digits or underscores"),
        doc="The scene, 10 characters: ID Verification console, Scenes.",
        where="ID Verification console, Scenes",
        section=REQUIRED,
    )
    state_bucket: str = shared_setting(STATE_BUCKET)
    include_prefixes: tuple[str, ...] = setting(
        "INCLUDE_PREFIXES",
        Names(),
        "",
        doc="Of object keys, several with commas; the function itself looks. What is left "
        "out is not screened.",
        section=SCREENED,
    )
    exclude_prefixes: tuple[str, ...] = setting(
        "EXCLUDE_PREFIXES",
        Names(),
        "",
        doc="An exclusion wins over an inclusion.",
        section=SCREENED,
    )
    include_suffixes: tuple[str, ...] = setting(
        "INCLUDE_SUFFIXES",
        Names(),
        "",
        doc="In any case: .jpg is .JPG too.",
        section=SCREENED,
    )
    exclude_suffixes: tuple[str, ...] = setting(
        "EXCLUDE_SUFFIXES",
        Names(),
        "",
        doc="As INCLUDE_SUFFIXES.",
        section=SCREENED,
    )
    min_bytes: int = setting(
        "SMALLEST_BYTES",
        WholeNumber(0, _MAX_OBJECT_BYTES),
        "0",
        doc="Smaller objects are not screened.",
        section=SCREENED,
    )
    max_bytes: int = setting(
        "LARGEST_BYTES",
        WholeNumber(1, _MAX_OBJECT_BYTES),
        str(_MAX_OBJECT_BYTES),
        doc="Larger objects are not screened.",
        section=SCREENED,
    )
    strictness: Strictness = setting(
        "STRICTNESS",
        Choice({each.value: each for each in Strictness}, Strictness.STANDARD),
        "standard",
        doc="lenient refuses only what can't be read, strict the service's recommendations too.",
        section=SCREENED,
    )
    convert: bool = setting(
        "CONVERT",
        Switch(),
        "true",
        doc="Whether OSS makes a conforming JPEG of PNG, HEIC, and large or sideways photos.",
        section=SCREENED,
    )
    calls_per_second: float = setting(
        "CALLS_PER_SECOND",
        Number(0.1, 10_000),
        "10",
        doc="The account's quota, which all instances share through the state bucket.",
        section=QUOTA,
    )
    daily_calls: float = setting(
        "DAILY_CALLS",
        Number(1, 100_000_000, empty=math.inf),
        "",
        doc="The most calls that are paid for in a day (UTC), at USD 0.40 each, by all "
        "instances. What comes beyond is Deferred: its event waits as a dead letter for the "
        "next day, and an HTTP caller gets 429. Without it there is no cap.",
        section=QUOTA,
    )
    image_timeout_s: float = setting(
        "IMAGE_TIMEOUT_SECONDS",
        Number(1, 120),
        "8",
        doc="How long one call for an image may take.",
        section=CALL,
    )
    video_timeout_s: float = setting(
        "VIDEO_TIMEOUT_SECONDS",
        Number(3, 300),
        "20",
        doc="How long one call for a video may take; the service asks for more than 3.",
        section=CALL,
    )
    presigned_url_s: int = setting(
        "PRESIGNED_URL_SECONDS",
        WholeNumber(60, 3600),
        "300",
        doc="How long the URL is valid that the service downloads from.",
        section=CALL,
    )
    transfer: str = setting(
        "TRANSFER",
        words("stream", "url", "inline", "auto"),
        "stream",
        doc="How the service gets the file. stream: DeepfakeDetectIntlStream with the "
        "presigned URL in the body, out of request lines and access logs; url: "
        "DeepfakeDetectIntl with it in the query; inline: no URL, images of up to "
        "1 MB in Base64 and the rest uploaded; auto: inline what fits into Base64 as it is, "
        "stream for the rest.",
        section=CALL,
    )
    merchant_prefix: str = setting(
        "MERCHANT_PREFIX",
        Text(r"[A-Za-z0-9]{1,12}", "1 to 12 letters or digits"),
        "fs",
        doc="Starts each MerchantBizId.",
        where="your own abbreviation; it starts every MerchantBizId",
        section=CALL,
    )
    upload_endpoint: str = setting(
        "CLOUDAUTH_UPLOAD_ENDPOINT",
        Endpoint(),
        UPLOAD_ENDPOINT,
        doc="Where a file's upload is authorised; TRANSFER=inline alone needs it.",
        section=PLATFORM,
    )
    tag_prefix: str = setting(
        "TAG_PREFIX",
        Text(r"[A-Za-z0-9+\-=._:/ ]{1,100}", "1 to 100 letters, digits, spaces or + - = . _ : /"),
        "deepfake-",
        doc="What the tags' keys begin with.",
        where="docs/contracts.md, Tags",
        section=VERDICTS,
    )
    tag_form: str = setting(
        "TAG_FORM",
        words("separate", "merged", "none"),
        "separate",
        doc="separate: four tags; merged: one; none: no tags, messages alone.",
        section=VERDICTS,
    )
    local: bool = shared_setting(LOCAL)
    quarantine: QuarantineSettings = group(QuarantineSettings)

    @cached_property
    def filters(self) -> Filters:
        """Which objects are screened."""
        return Filters(
            include_prefixes=self.include_prefixes,
            exclude_prefixes=self.exclude_prefixes,
            include_suffixes=tuple(suffix.lower() for suffix in self.include_suffixes),
            exclude_suffixes=tuple(suffix.lower() for suffix in self.exclude_suffixes),
            min_bytes=self.min_bytes,
            max_bytes=self.max_bytes,
        )

    def contradictions(self) -> Iterator[Contradiction]:
        """Of the quarantine with the rest."""
        quarantine = self.quarantine
        if quarantine.on_stand_in and not self.local:
            yield Contradiction(
                ("QUARANTINE_STAND_IN", "FACESCREEN_LOCAL"),
                "QUARANTINE_STAND_IN is for a local cloud alone (FACESCREEN_LOCAL=true)",
            )
        if quarantine.action != "move":
            return
        if quarantine.bucket in ("", self.state_bucket):
            yield Contradiction(
                ("QUARANTINE", "QUARANTINE_BUCKET"),
                "QUARANTINE=move needs QUARANTINE_BUCKET, and not the STATE_BUCKET",
            )
        if not self.filters.excludes_prefix(quarantine.prefix):
            yield Contradiction(
                ("QUARANTINE_PREFIX", "EXCLUDE_PREFIXES"),
                "a copy in quarantine would be screened as an upload: EXCLUDE_PREFIXES must name "
                f"the QUARANTINE_PREFIX, {quarantine.prefix}",
            )


@dataclass(frozen=True)
class TokenSettings:
    """Whose bearer tokens are taken."""

    key_set: str = field(repr=False)
    """A JSON Web Key Set of public keys."""
    issuer: str
    audience: str


@dataclass(frozen=True)
class HttpSettings(Group):
    """Of the HTTP trigger alone."""

    read_by = ("http_api",)

    authentication: str = setting(
        "HTTP_AUTH",
        words("function", "anonymous"),
        "function",
        doc="function: callers sign. anonymous: bearer tokens, by the next three.",
        section=HTTP,
    )
    key_set: str = setting(
        "JWT_JWKS",
        KeySet(),
        "",
        doc="The public keys of the tokens' issuer, a JSON Web Key Set, in single quotes. Put "
        "the old and the new ones in to rotate them.",
        section=HTTP,
    )
    issuer: str = setting(
        "JWT_ISSUER",
        Text("(?s:.*)", "the tokens' issuer"),
        "",
        doc="Who issues the tokens.",
        section=HTTP,
    )
    audience: str = setting(
        "JWT_AUDIENCE",
        Text("(?s:.*)", "the tokens' audience"),
        "",
        doc="Whom the tokens are for.",
        section=HTTP,
    )
    max_wait_s: float = setting(
        "HTTP_LONGEST_SECONDS",
        Number(5, 600),
        "28",
        doc="When an answer is given up: callers and gateways wait less than a function may run.",
        section=HTTP,
    )
    page: bool = setting(
        "PAGE",
        Switch(),
        "true",
        doc="Whether the page is served.",
        section=HTTP,
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS",
        Origins(),
        "",
        doc="Origins whose pages may call the API.",
        section=HTTP,
    )
    url_allowed_origins: tuple[str, ...] = setting(
        "URL_ALLOWED_ORIGINS",
        Origins(),
        "",
        doc="Origins that callers' URLs may name although they would be refused.",
        section=HTTP,
    )
    local: bool = shared_setting(LOCAL)

    @property
    def tokens(self) -> TokenSettings | None:
        """None where bearer tokens are not taken."""
        if not self.key_set:
            return None
        return TokenSettings(self.key_set, self.issuer, self.audience)

    def contradictions(self) -> Iterator[Contradiction]:
        """What would let in nobody, or everybody."""
        tokens = {
            "JWT_JWKS": self.key_set,
            "JWT_ISSUER": self.issuer,
            "JWT_AUDIENCE": self.audience,
        }
        missing = [name for name, value in tokens.items() if not value]
        if 0 < len(missing) < len(tokens):
            yield Contradiction(tuple(tokens), f"bearer tokens need {', '.join(missing)} too")
        if self.authentication == "anonymous" and len(missing) == len(tokens) and not self.local:
            yield Contradiction(
                ("HTTP_AUTH", *tokens),
                "HTTP_AUTH=anonymous lets anybody spend your money: set JWT_JWKS, JWT_ISSUER and "
                "JWT_AUDIENCE too, or HTTP_AUTH=function",
            )


_PLACE = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:/(?P<prefix>.{0,1023}))?")


@dataclass(frozen=True)
class WatchedPrefix:
    """What a trigger watches."""

    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        """``bucket/prefix``."""
        return f"{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class _Places:
    """What the triggers watch, with commas between."""

    empty: tuple[WatchedPrefix, ...] = ()
    must_be: str = (
        "what the triggers watch, as BUCKET/PREFIX with commas between, and not the STATE_BUCKET"
    )

    def parse(self, text: str) -> tuple[WatchedPrefix, ...]:
        found = [_PLACE.fullmatch(name) for name in Names().parse(text)]
        places = tuple(
            WatchedPrefix(each["bucket"], each["prefix"] or "") for each in found if each
        )
        if not places or len(places) < len(found):
            raise ValueError(self.must_be)
        return places


_WATCHED = Setting("WATCHED_OBJECTS", _Places(), doc="What the triggers watch; the template's.")


@dataclass(frozen=True)
class SweepSettings(Group):
    """Of the sweep alone."""

    read_by = ("sweep",)

    watched_prefixes: tuple[WatchedPrefix, ...] = shared_setting(_WATCHED)
    suffix: str = setting(
        "WATCHED_SUFFIX",
        Text("(?s:.*)", "a suffix of object keys"),
        "",
        doc="The triggers'; the template's: what ends otherwise has no event, and is not screened.",
    )
    first_check_after: timedelta = setting(
        "SWEEP_AFTER_MINUTES",
        Minutes(1, 1440),
        "30",
        doc="How old an object is when its verdict is missed; again after 4, 16 and 64 times "
        "as long.",
        section=SWEEP,
    )
    max_submissions: int = setting(
        "SWEEP_MOST",
        WholeNumber(1, 100_000),
        "500",
        doc="Objects that one run submits at most, at a fifth of CALLS_PER_SECOND; the "
        "next run goes on where it ended.",
        section=SWEEP,
    )
    state_bucket: str = shared_setting(STATE_BUCKET)

    def contradictions(self) -> Iterator[Contradiction]:
        """The state bucket is not to be screened."""
        if any(prefix.bucket == self.state_bucket for prefix in self.watched_prefixes):
            yield Contradiction((_WATCHED.name,), _WATCHED.error(""))


GROUPS: tuple[type[Group], ...] = (Settings, HttpSettings, SweepSettings)
"""Of every cloud alike."""
