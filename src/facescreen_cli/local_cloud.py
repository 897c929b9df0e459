"""The local cloud, run around a block."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import oss2

from facescreen_cli.output import print_note
from facescreen_cli.project import PACKAGES, PROJECT
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.cloud import LocalCloud
from facescreen_local.samples import SampleFile
from facescreen_serverless_devs.section import InvalidTemplateError


@contextmanager
def running_cloud(
    data: Path, ports: dict[str, int], interpreters: dict[str, str] | None = None
) -> Iterator[LocalCloud]:
    """A local cloud that runs while the block does, from packages where `interpreters` are."""
    settings = dict.fromkeys(["FC_RUNTIME"], next(iter(interpreters))) if interpreters else {}
    with _sigterm_as_ctrl_c(), BackgroundLoop() as loop:
        cloud = LocalCloud(
            data, PROJECT, settings, packages=PACKAGES.resolve(), interpreters=interpreters
        )
        try:
            loop.run(cloud.start(ports))
            yield cloud
        except InvalidTemplateError as bad:
            raise click.ClickException(str(bad)) from None
        finally:
            loop.run(cloud.stop())


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Whoever ends the process leaves no instance and no folder behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def print_addresses(cloud: LocalCloud) -> None:
    """Where the local cloud listens, on standard error."""
    addresses = {
        name: value
        for name, value in cloud.client_environment().items()
        if value.startswith("http")
    }
    print_note("The local cloud listens (a stand-in: not a forgery detector):")
    for name, address in addresses.items():
        print_note(f"  {name:20} {address}")
    print_note("Ctrl-C stops it.")


def watch_signals() -> list[int]:
    """Where the signals that ask for the end are noted from now on, instead of ending at once."""
    # No Event here: its lock may be held by the very code that the signal interrupts.
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stopped.append(received))
    return stopped


def wait_for_signal(stopped: list[int]) -> None:
    """Returns once one of them came."""
    while not stopped:
        time.sleep(0.2)


def upload(cloud: LocalCloud) -> tuple[oss2.Bucket, list[SampleFile]]:
    """Puts every sample into the watched bucket."""
    told = cloud.client_environment()
    auth = oss2.ProviderAuthV4(
        oss2.credentials.StaticCredentialsProvider(
            told["ALIBABA_CLOUD_ACCESS_KEY_ID"], told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        )
    )
    bucket = oss2.Bucket(auth, told["OSS_ENDPOINT"], told["OSS_BUCKET"], region=told["OSS_REGION"])
    samples = cloud.write_samples()
    for sample in samples:
        bucket.put_object_from_file(sample.name, str(sample.path))
    return bucket, samples
