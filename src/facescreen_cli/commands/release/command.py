"""``facescreen release``: its options and steps."""

from __future__ import annotations

from dataclasses import dataclass

import click

from facescreen.errors import FacescreenError, InvalidRequestError
from facescreen.model import ObjectRef
from facescreen.records.ledger import Ledger
from facescreen.screening.pinning import ObjectPinner
from facescreen.screening.quarantine import QuarantineRecords
from facescreen.storage.keys import parse_object_ref
from facescreen_cli.buckets import STORE_NAMES
from facescreen_cli.commands.release.releaser import (
    AclPlan,
    NotReleasedError,
    Releaser,
    RestorePlan,
)
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
class _ReleaseResult:
    """One object, and the result of releasing it."""

    ref: ObjectRef
    plan: RestorePlan | AclPlan | None = None
    status: str = "to_release"
    detail: str = ""

    def fail(self, error: Exception) -> None:
        """Record why the object stays in quarantine."""
        self.plan, self.status, self.detail = None, "not_released", str(error)


@click.command(epilog=_EXAMPLES)
@click.argument("objects", nargs=-1, required=True, metavar="OBJECT...")
@dry_run_option(help="Show what would happen, and change nothing.")
@yes_option(help="Don't ask.")
@json_option(help="Print a JSON line for each object.")
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
    """Release objects from quarantine.

    Name a moved object by its location in quarantine (the field `quarantine` of its message). It
    moves back to its original location with its metadata and tags, unless another object is there.
    Name an object that was made private by its usual location. It gets its previous ACL back.

    The state bucket records the release, so the function never quarantines these bytes under this
    key again. Moving an object back sends an event: its message says that it was released, and no
    call is made. The verdict stays on the object.

    Set STATE_BUCKET, QUARANTINE_BUCKET and QUARANTINE_PREFIX to the function's values, and
    OSS_REGION.
    """
    store, refs = _parse_objects(objects)
    releaser = _connect_releaser(store, environment, profile)
    releases = [_plan(releaser, ref) for ref in refs]
    if not dry_run and any(item.plan for item in releases):
        confirm(
            "\n".join([*map(_format_release, releases), "Release them?"]),
            yes=yes,
            if_no_terminal="without a terminal to ask on, objects are released only with --yes",
            if_declined="nothing was released",
        )
    for item in releases:
        if not dry_run:
            _execute(releaser, item)
        _print_release(item, as_json=as_json)
    return FAILED if any(item.status == "not_released" for item in releases) else OK


def _parse_objects(objects: tuple[str, ...]) -> tuple[str, list[ObjectRef]]:
    """Returns the objects' store, and the objects. Raises click.UsageError."""
    refs = []
    for uri in dict.fromkeys(objects):
        store, separator, rest = uri.partition("://")
        if store not in STORE_NAMES or not separator:
            raise click.UsageError(f"name objects as oss://bucket/key, not {uri!r}")
        bucket, _, key = rest.partition("/")
        try:
            refs.append(parse_object_ref(store, bucket, key))
        except InvalidRequestError as error:
            raise click.UsageError(f"{uri!r}: {error}") from None
    schemes = {ref.store for ref in refs}
    if len(schemes) > 1:
        raise click.UsageError("release objects on OSS and on S3 in two runs")
    return schemes.pop(), refs


def _connect_releaser(store: str, environment: Environment, profile: str) -> Releaser:
    """Raises click.UsageError, which names every setting that is wrong."""
    settings, platform = connect_platform(
        store, environment.settings, UserCredentials(profile), needs=["STATE_BUCKET"]
    )
    records = QuarantineRecords(Ledger(platform.create_state_store(settings.state_bucket)))
    pinner = ObjectPinner(
        platform.quarantine_store,
        margin_s=settings.revision_margin_s,
        trust_times=settings.revision_pin == "auto",
    )
    return Releaser(platform.quarantine_store, pinner, records, settings.quarantine)


def _plan(releaser: Releaser, ref: ObjectRef) -> _ReleaseResult:
    item = _ReleaseResult(ref)
    try:
        item.plan = releaser.plan(ref)
        item.detail = item.plan.description
    except (NotReleasedError, FacescreenError) as error:
        item.fail(error)
    return item


def _execute(releaser: Releaser, item: _ReleaseResult) -> None:
    if item.plan is None:
        return
    try:
        releaser.execute(item.plan)
        item.status = "released"
    except (NotReleasedError, FacescreenError) as error:
        item.fail(error)


def _print_release(item: _ReleaseResult, *, as_json: bool) -> None:
    if as_json:
        print_json_line(object=item.ref.uri, status=item.status, detail=item.detail)
    else:
        click.echo(_format_release(item))


def _format_release(item: _ReleaseResult) -> str:
    return replace_unprintable(f"{item.status.replace('_', ' '):13} {item.ref.uri}: {item.detail}")
