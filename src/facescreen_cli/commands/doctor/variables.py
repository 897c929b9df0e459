"""What each line of the environment file must be, as far as s.yaml itself makes something of it.

What the functions read is checked by their own settings. Source of the forms: function-compute.md
and object-storage.md; .env.example says the same to whoever fills it in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple


class Form(NamedTuple):
    """What a value must be."""

    pattern: str
    says: str
    sound: str
    """One that is right, to look at the rest with where the one given is not."""
    where: str = ""


_CONSOLE = "VPC console"
_COUNT = r"[1-9][0-9]{0,3}"
_MNS_NAME = Form(
    r"[A-Za-z][A-Za-z0-9-]{0,119}", "letters, digits and hyphens, a letter first", "name"
)
_KEYS = Form(
    r"([^/\\*,$`][^*,$`]*(,[^/\\*,$`][^*,$`]*)*)?",
    "prefixes or suffixes of object keys as they stand, with commas: no * and no / in front",
    "",
)

NAMES: Mapping[str, Form] = {
    "ALIBABA_CLOUD_ACCOUNT_ID": Form(
        r"\d{10,20}", "the account's id: its digits", "1234567890123456", "console, your picture"
    ),
    "OSS_BUCKET": Form(
        r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "the watched bucket's name", "watched", "OSS console"
    ),
    "VPC_ID": Form(r"vpc-[a-z0-9]+", "a VPC's id: vpc-…", "vpc-1", _CONSOLE),
    "VSWITCH_ID": Form(r"vsw-[a-z0-9]+", "a vSwitch's id: vsw-…", "vsw-1", _CONSOLE),
    "SECURITY_GROUP_ID": Form(
        r"sg-[a-z0-9]+", "a security group's id: sg-…", "sg-1", "ECS console, Security Groups"
    ),
    "OSS_REGION": Form(r"[a-z]{2}-[a-z]+-?[0-9]*", "a region id", "ap-southeast-1"),
    "OSS_PREFIX": Form(
        r"([^/\\*,?$`][^*,?$`]*)?",
        "the start of object keys, as selfies/: no * and no comma, and no / in front",
        "",
    ),
    "OSS_SUFFIX": Form(r"[^*?$`]*", "the end of object keys, as .jpg: no *", ""),
    "INCLUDE_PREFIXES": _KEYS,
    "EXCLUDE_PREFIXES": _KEYS,
    "INCLUDE_SUFFIXES": _KEYS,
    "EXCLUDE_SUFFIXES": _KEYS,
    "RESERVED_CONCURRENCY": Form(_COUNT, "a number of instances, from 1 to 9999", "20"),
    "HTTP_CONCURRENCY": Form(_COUNT, "a number of instances, from 1 to 9999", "10"),
    "MNS_TOPIC": _MNS_NAME,
    "MNS_QUEUE": _MNS_NAME,
    "MNS_DLQ": _MNS_NAME,
    "SWEEP": Form(r"true|false", "true or false", "false"),
    "SWEEP_SCHEDULE": Form(
        r"@every [1-9][0-9]*[mh]|(CRON_TZ=\S+ )?\S+( \S+){5}",
        "as @every 15m, or a cron of six fields",
        "@every 15m",
    ),
    "SLS_ACTION_POLICY": Form(r"[A-Za-z0-9._-]{1,64}", "an action policy's id", "", "SLS console"),
    "CMS_CONTACT_GROUP": Form(
        r"[^\s,\"'][^,\"']{0,126}", "a contact group's name", "", "CloudMonitor"
    ),
    "BUDGET_CALLS": Form(r"[1-9][0-9]{0,8}", "a number of calls a day", "10000"),
    "LOG_DAYS": Form(
        r"[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3650", "days, from 1 to 3650", "30"
    ),
    "ROS_ENDPOINT": Form(
        r"ros(-[a-z0-9-]+)?\.aliyuncs\.com", "a host such as ros-intl.aliyuncs.com", ""
    ),
    "HTTP_AUTH": Form(r"function|anonymous", "one of: function, anonymous", "function"),
    "HTTP_PRIVATE": Form(r"true|false", "true or false", "false"),
    "JWT_ISSUER": Form(r"(\S+)?", "the tokens' issuer, without blanks", "issuer"),
    "JWT_AUDIENCE": Form(r"(\S+)?", "the tokens' audience, without blanks", "audience"),
    "FC_RUNTIME": Form(r"python3\.(10|12)", "one of: python3.10, python3.12", "python3.10"),
    "PAGE_DOMAIN": Form(
        r"([a-z0-9-]+\.)+[a-z]{2,}", "a domain's name, as faces.example.com", "faces.example.com"
    ),
    "PAGE_CERTIFICATE": Form(
        r"\d+(-[a-z0-9-]+)?", "a certificate's id, as 1234567-ap-southeast-1", "1", "its console"
    ),
}


def wrong(given: Mapping[str, str], required: Collection[str]) -> dict[str, str]:
    """By name, a sentence on each value that can't be right, or is missing though `required`."""
    found = {name: _expanded(name) for name, value in given.items() if re.search(r"[$`]", value)}
    for name, form in NAMES.items():
        value = given.get(name, "")
        if (value or name in required) and not re.fullmatch(form.pattern, value):
            got = "what is given is not" if value else "it is not set"
            where = f" (find it: {form.where})" if form.where else ""
            found[name] = f"{name} must be {form.says}; {got}{where}"
    return found


def _expanded(name: str) -> str:
    return f"{name} holds $ or `, which Serverless Devs would take for a variable"
