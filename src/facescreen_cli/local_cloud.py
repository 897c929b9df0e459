"""Runs the local cloud for a command."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import oss2

from facescreen_cli.output import print_note
from facescreen_cli.project import CODE_ROOT, PROJECT_FOLDER
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.cloud import LocalCloud
from facescreen_local.samples import SampleFile
from facescreen_serverless_devs.section import InvalidTemplateError


@contextmanager
def run_local_cloud(
    data: Path, ports: dict[str, int], interpreters: dict[str, str] | None = None
) -> Iterator[LocalCloud]:
    """Run a local cloud until the block ends. With `interpreters` it runs the built packages."""
    settings = dict.fromkeys(["FC_RUNTIME"], next(iter(interpreters))) if interpreters else {}
    with _handle_sigterm_as_interrupt(), BackgroundLoop() as loop:
        cloud = LocalCloud(
            data, PROJECT_FOLDER, settings, code_root=CODE_ROOT.resolve(), interpreters=interpreters
        )
        try:
            loop.run(cloud.start(ports))
            yield cloud
        except InvalidTemplateError as error:
            raise click.ClickException(str(error)) from None
        finally:
            loop.run(cloud.stop())


@contextmanager
def _handle_sigterm_as_interrupt() -> Iterator[None]:
    """Handles SIGTERM like Ctrl-C, so that no instance and no folder is left behind."""
    previous_handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous_handler)


def print_addresses(cloud: LocalCloud) -> None:
    """Print the local cloud's addresses on standard error."""
    addresses = {
        name: value
        for name, value in cloud.build_client_environment().items()
        if value.startswith("http")
    }
    print_note("The local cloud is running (an emulator, not a forgery detector):")
    width = max(map(len, addresses))
    for name, address in addresses.items():
        print_note(f"  {name:{width}} {address}")
    print_note("Ctrl-C stops it.")


def record_signals() -> list[int]:
    """Record SIGINT and SIGTERM in the returned list from now on, instead of ending at once."""
    # Not a threading.Event: the code that the signal interrupts may hold the Event's lock.
    received_signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: received_signals.append(received))
    return received_signals


def wait_for_signal(received_signals: list[int]) -> None:
    """Return once a signal was received."""
    while not received_signals:
        time.sleep(0.2)


def upload_samples(cloud: LocalCloud) -> tuple[oss2.Bucket, list[SampleFile]]:
    """Upload every sample to the watched bucket. Returns the bucket and the samples."""
    env = cloud.build_client_environment()
    auth = oss2.ProviderAuthV4(
        oss2.credentials.StaticCredentialsProvider(
            env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        )
    )
    bucket = oss2.Bucket(
        auth,
        env["OSS_ENDPOINT"],
        env["OSS_BUCKET"],
        region=env["OSS_REGION"],
    )
    samples = cloud.write_samples()
    for sample in samples:
        bucket.put_object_from_file(sample.name, str(sample.path))
    return bucket, samples
