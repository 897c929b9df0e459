"""The command: its options, and the order of things."""

from __future__ import annotations

from dataclasses import dataclass

import click

from facescreen.errors import FacescreenError, InvalidRequestError
from facescreen.model import ObjectRef
from facescreen.records.ledger import Ledger
from facescreen.screening.quarantine import QuarantineRecords
from facescreen.storage.keys import parse_object_ref
from facescreen_cli.buckets import STORE_NAMES
from facescreen_cli.commands.release.releasing import NotReleasedError, Releasing, Reopening, Return
from facescreen_cli.cost import confirm
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import FAILED, OK
from facescreen_cli.options import (
    dry_run_option,
    environment_option,
    json_option,
    profile_option,
    yes_option,
)
from facescreen_cli.output import print_json_line, replace_unprintable

_EXAMPLES = """
\b
Examples:
  facescreen release --dry-run oss://held/quarantine/selfies/fs0123456789abcdef0123456789abcd/kyc/ann.jpg
  facescreen release oss://selfies/kyc/ann.jpg

\b
Exit codes: 0 all released, 2 some not, 64 usage.
"""


@dataclass
class _Row:
    """One object, and what came of it."""

    ref: ObjectRef
    plan: Return | Reopening | None = None
    status: str = "to_release"
    detail: str = ""

    def fail(self, why: Exception) -> None:
        """It stays as it is."""
        self.plan, self.status, self.detail = None, "not_released", str(why)


@click.command(epilog=_EXAMPLES)
@click.argument("objects", nargs=-1, required=True, metavar="OBJECT...")
@dry_run_option(help="Say what would happen, and change nothing.")
@yes_option(help="Don't ask.")
@json_option(help="A JSON line for each.")
@profile_option
@environment_option
@click.pass_obj
def release(
    environment: Environment,
    *,
    objects: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    as_json: bool,
    profile: str,
) -> int:
    """Take objects back out of quarantine.

    What was moved is named by where it stands now (`quarantine` in the message says it), and goes
    back to where it came from, with its metadata and tags, unless another object stands there.
    What was made private is named as ever, and gets back the access list that it had.

    The function never again acts on these bytes under this key: that is remembered in the state
    bucket. A copy back raises an event, which is announced as released and costs no call. The
    verdict stays on the object.

    Set STATE_BUCKET, QUARANTINE_BUCKET and QUARANTINE_PREFIX as the function has them, and
    OSS_REGION.
    """
    scheme, refs = _named(objects)
    releasing = _releasing(scheme, environment, profile)
    rows = [_planned(releasing, ref) for ref in refs]
    if not dry_run and any(row.plan for row in rows):
        confirm(
            "\n".join([*map(_line, rows), "Release them?"]),
            yes=yes,
            if_no_terminal="objects of high risk are released only with --yes",
            if_declined="nothing was released",
        )
    for row in rows:
        if not dry_run:
            _carry_out(releasing, row)
        _tell(row, as_json=as_json)
    return FAILED if any(row.status == "not_released" for row in rows) else OK


def _named(objects: tuple[str, ...]) -> tuple[str, list[ObjectRef]]:
    """The scheme that all of them have, and the objects. Raises click.UsageError."""
    refs = []
    for named in dict.fromkeys(objects):
        scheme, separator, rest = named.partition("://")
        if scheme not in STORE_NAMES or not separator:
            raise click.UsageError(f"name objects as oss://bucket/key, not {named!r}")
        bucket, _, key = rest.partition("/")
        try:
            refs.append(parse_object_ref(scheme, bucket, key))
        except InvalidRequestError as error:
            raise click.UsageError(f"{named!r}: {error}") from None
    schemes = {ref.store for ref in refs}
    if len(schemes) > 1:
        raise click.UsageError("objects on OSS and on S3 are released by two runs")
    return schemes.pop(), refs


def _releasing(store: str, environment: Environment, profile: str) -> Releasing:
    """Raises click.UsageError, which names every setting that is wrong."""
    settings, platform = connect_platform(
        store, environment.settings, UserCredentials(profile), needs=["STATE_BUCKET"]
    )
    records = QuarantineRecords(Ledger(platform.state_store(settings.state_bucket)))
    return Releasing(platform.quarantine_store, records, settings.quarantine)


def _planned(releasing: Releasing, ref: ObjectRef) -> _Row:
    row = _Row(ref)
    try:
        row.plan = releasing.plan(ref)
        row.detail = row.plan.says
    except (NotReleasedError, FacescreenError) as why:
        row.fail(why)
    return row


def _carry_out(releasing: Releasing, row: _Row) -> None:
    if row.plan is None:
        return
    try:
        releasing.carry_out(row.plan)
        row.status = "released"
    except (NotReleasedError, FacescreenError) as why:
        row.fail(why)


def _tell(row: _Row, *, as_json: bool) -> None:
    if as_json:
        print_json_line(object=row.ref.uri, status=row.status, detail=row.detail)
    else:
        click.echo(_line(row))


def _line(row: _Row) -> str:
    return replace_unprintable(f"{row.status.replace('_', ' '):13} {row.ref.uri}: {row.detail}")
