"""The settings that s.yaml itself reads from the environment file, in the form of the table of
settings.

The functions' own groups check what the functions read. Where s.yaml needs a stricter form of such
a value, it is checked here too. Sources of the forms: Function Compute's and OSS's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from facescreen.settings.loader import Setting
from facescreen.settings.setting_types import SettingType, StringType, choice_of
from facescreen.settings.table import (
    ALARMS_SECTION,
    HTTP_SECTION,
    PLATFORM_SECTION,
    QUOTA_SECTION,
    REQUIRED_SECTION,
    SCREENED_SECTION,
    SWEEP_SECTION,
    VERDICTS_SECTION,
)

_VPC_CONSOLE = "VPC console"
_INSTANCE_COUNT_TYPE = StringType(r"[1-9][0-9]{0,3}", "a number of instances, from 1 to 9999")
_MNS_NAME_TYPE = StringType(
    r"[A-Za-z][A-Za-z0-9-]{0,119}", "letters, digits and hyphens, a letter first"
)
_KEY_AFFIXES_TYPE = StringType(
    r"([^/\\*,$`][^*,$`]*(,[^/\\*,$`][^*,$`]*)*)?",
    "literal prefixes or suffixes of object keys, separated by commas, without * or a leading /",
)

TEMPLATE_SETTINGS: tuple[Setting[Any], ...] = (
    Setting(
        "ALIBABA_CLOUD_ACCOUNT_ID",
        StringType(r"\d{10,20}", "the account's id: digits"),
        doc="The account's id, 16 digits. The console shows it under your profile picture.",
        where="console, your profile picture",
        section=REQUIRED_SECTION,
    ),
    Setting(
        "OSS_BUCKET",
        StringType(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "the watched bucket's name"),
        doc="The bucket whose objects are screened. It must exist in OSS_REGION.",
        where="OSS console",
        section=REQUIRED_SECTION,
    ),
    Setting(
        "VPC_ID",
        StringType(r"vpc-[a-z0-9]+", "a VPC's id: vpc-…"),
        doc="Your VPC in OSS_REGION. The functions reach ID Verification through it.",
        where=_VPC_CONSOLE,
        section=REQUIRED_SECTION,
    ),
    Setting(
        "VSWITCH_ID",
        StringType(r"vsw-[a-z0-9]+", "a vSwitch's id: vsw-…"),
        doc="A vSwitch of the VPC.",
        where=_VPC_CONSOLE,
        section=REQUIRED_SECTION,
    ),
    Setting(
        "SECURITY_GROUP_ID",
        StringType(r"sg-[a-z0-9]+", "a security group's id: sg-…"),
        doc="A security group of the VPC.",
        where="ECS console, Security Groups",
        section=REQUIRED_SECTION,
    ),
    Setting(
        "OSS_PREFIX",
        StringType(
            r"([^/\\*,?$`][^*,?$`]*)?",
            "the start of object keys, such as selfies/, without *, commas or a leading /",
        ),
        "",
        doc="One prefix, such as selfies/. Objects elsewhere don't invoke the function.",
        section=SCREENED_SECTION,
    ),
    Setting(
        "OSS_SUFFIX",
        StringType(r"[^*?$`]*", "the end of object keys, such as .jpg, without *"),
        "",
        doc="One suffix, such as .jpg. Other objects don't invoke the function.",
        section=SCREENED_SECTION,
    ),
    Setting(
        "RESERVED_CONCURRENCY",
        _INSTANCE_COUNT_TYPE,
        "20",
        doc="Instances of the function that screens uploads: about twice CALLS_PER_SECOND.",
        section=QUOTA_SECTION,
    ),
    Setting(
        "HTTP_CONCURRENCY",
        _INSTANCE_COUNT_TYPE,
        "10",
        doc="Instances of the function with the HTTP trigger.",
        section=QUOTA_SECTION,
    ),
    Setting(
        "MNS_DLQ",
        _MNS_NAME_TYPE,
        "facescreen-dead-letters",
        doc="The dead-letter queue; the deployment creates it.",
        section=VERDICTS_SECTION,
    ),
    Setting(
        "SWEEP",
        choice_of("true", "false"),
        "true",
        doc="false turns the sweep off: then an upload whose event is lost has no verdict.",
        section=SWEEP_SECTION,
    ),
    Setting(
        "SWEEP_SCHEDULE",
        StringType(
            r"@every [1-9][0-9]*[mh]|(CRON_TZ=\S+ )?\S+( \S+){5}",
            "such as @every 15m, or a cron expression of six fields",
        ),
        "@every 15m",
        doc="When the sweep runs: a cron expression of Function Compute, or an interval.",
        section=SWEEP_SECTION,
    ),
    Setting(
        "SLS_ACTION_POLICY",
        StringType(r"[A-Za-z0-9._-]{1,64}", "an action policy's id"),
        "",
        doc="An action policy of SLS (its console, Alerts) for alerts on failures, waits, the "
        "flagged share and the budget.",
        where="SLS console",
        section=ALARMS_SECTION,
    ),
    Setting(
        "CMS_CONTACT_GROUP",
        StringType(r"[^\s,\"'][^,\"']{0,126}", "a contact group's name"),
        "",
        doc="A contact group of CloudMonitor for alerts on dead letters and missing instances.",
        where="CloudMonitor",
        section=ALARMS_SECTION,
    ),
    Setting(
        "BUDGET_CALLS",
        StringType(r"[1-9][0-9]{0,8}", "a number of calls a day"),
        "10000",
        doc="Calls in 24 hours that raise an alert, at USD 0.40 each.",
        section=ALARMS_SECTION,
    ),
    Setting(
        "LOG_DAYS",
        StringType(r"[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3650", "days, from 1 to 3650"),
        "30",
        doc="How many days logs are kept. They hold object keys.",
        section=ALARMS_SECTION,
    ),
    Setting(
        "HTTP_PRIVATE",
        choice_of("true", "false"),
        "false",
        doc="true: the HTTP trigger can be reached only from within Alibaba Cloud.",
        section=HTTP_SECTION,
    ),
    Setting(
        "PAGE_DOMAIN",
        StringType(r"([a-z0-9-]+\.)+[a-z]{2,}", "a domain name, such as faces.example.com"),
        "",
        doc="Your own domain for the review page (s.page.yaml).",
        section=HTTP_SECTION,
    ),
    Setting(
        "PAGE_CERTIFICATE",
        StringType(r"\d+(-[a-z0-9-]+)?", "a certificate's id, such as 1234567-ap-southeast-1"),
        "",
        doc="The id of the domain's certificate, such as 1234567-ap-southeast-1.",
        where="certificate console",
        section=HTTP_SECTION,
    ),
    Setting(
        "FC_RUNTIME",
        choice_of("python3.10", "python3.12"),
        "python3.10",
        doc="python3.10 or python3.12.",
        section=PLATFORM_SECTION,
    ),
    Setting(
        "ROS_ENDPOINT",
        StringType(r"ros(-[a-z0-9-]+)?\.aliyuncs\.com", "a host such as ros-intl.aliyuncs.com"),
        "ros-intl.aliyuncs.com",
        doc="ros.aliyuncs.com for accounts in mainland China.",
        section=PLATFORM_SECTION,
    ),
)
"""Read only by s.yaml."""

_STRICTER_TYPES: Mapping[str, SettingType[Any]] = {
    "OSS_REGION": StringType(r"[a-z]{2}-[a-z]+-?[0-9]*", "a region id"),
    "INCLUDE_PREFIXES": _KEY_AFFIXES_TYPE,
    "EXCLUDE_PREFIXES": _KEY_AFFIXES_TYPE,
    "INCLUDE_SUFFIXES": _KEY_AFFIXES_TYPE,
    "EXCLUDE_SUFFIXES": _KEY_AFFIXES_TYPE,
    "MNS_TOPIC": _MNS_NAME_TYPE,
    "MNS_QUEUE": _MNS_NAME_TYPE,
    "HTTP_AUTH": choice_of("function", "anonymous"),
    "JWT_ISSUER": StringType(r"(\S+)?", "the tokens' issuer, without spaces"),
    "JWT_AUDIENCE": StringType(r"(\S+)?", "the tokens' audience, without spaces"),
}
"""Stricter forms of settings that the functions read too."""
CHECKED_SETTINGS = {row.name: row for row in TEMPLATE_SETTINGS} | {
    name: Setting(name, form) for name, form in _STRICTER_TYPES.items()
}

VALID_VALUES = {
    "ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456",
    "OSS_BUCKET": "watched",
    "VPC_ID": "vpc-1",
    "VSWITCH_ID": "vsw-1",
    "SECURITY_GROUP_ID": "sg-1",
    "OSS_REGION": "ap-southeast-1",
    "MNS_TOPIC": "name",
    "MNS_QUEUE": "name",
    "HTTP_AUTH": "function",
    "JWT_ISSUER": "issuer",
    "JWT_AUDIENCE": "audience",
    "PAGE_DOMAIN": "faces.example.com",
    "PAGE_CERTIFICATE": "1",
}
"""Valid values. They replace wrong ones, so that the rest can still be checked."""


def get_valid_value(name: str) -> str:
    """A valid value of a setting."""
    return VALID_VALUES.get(name) or CHECKED_SETTINGS[name].default or ""


def find_errors(values: Mapping[str, str], required: Collection[str]) -> dict[str, str]:
    """Find the values that are wrong, or missing though `required`. Returns a sentence by name."""
    errors_by_name = {
        name: _expansion_error(name) for name, value in values.items() if re.search(r"[$`]", value)
    }
    for name, row in CHECKED_SETTINGS.items():
        value = values.get(name, "")
        if (value or name in required) and not _is_valid(row.type, value):
            problem = "the value is not" if value else "it is not set"
            where = f" (find it: {row.where})" if row.where else ""
            errors_by_name[name] = f"{name} must be {row.type.valid_values}; {problem}{where}"
    return errors_by_name


def _is_valid(form: SettingType[Any], value: str) -> bool:
    try:
        form.parse(value)
    except ValueError:
        return False
    return True


def _expansion_error(name: str) -> str:
    return f"{name} holds $ or `, which Serverless Devs would read as a variable"
