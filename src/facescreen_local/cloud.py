"""The local cloud, whole: every service started, connected, and told to the outside."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from facescreen_local.admin import AdminService
from facescreen_local.auth.account import Identity, Key
from facescreen_local.fc.functions import Functions
from facescreen_local.fc.http_trigger.service import HttpTriggerService
from facescreen_local.fc.service import FcService
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.mns.service import MnsService
from facescreen_local.oss.service import OssService
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.protocol.service import LOOPBACK, Service, bound
from facescreen_local.samples import Sample, make_samples, verdicts
from facescreen_serverless_devs.functions import load_functions

REGION = "ap-southeast-1"
BUCKET = "selfies"
STATE_BUCKET = "facescreen-state"
TOPIC = "facescreen-verdicts"
QUEUE = "facescreen-verdicts"
DEAD_LETTERS = "facescreen-dead-letters"
SCENE_CODE = "local_0001"

_MNS_DESTINATION = re.compile(r"acs:mns:[^:]*:[^:]*:/(queues|topics)/([A-Za-z0-9-]+)/messages")


class LocalCloud:
    """All services on loopback, with their state in `data`.

    `settings` are environment variables for the functions, over those that the cloud gives.
    `template` stands in `project`. The functions run from source, on this Python, unless
    `interpreters` has a Python's path by runtime: then from the packages that `template` names.
    """

    def __init__(
        self,
        data: Path,
        project: Path,
        settings: Mapping[str, str] | None = None,
        *,
        template: str = "s.yaml",
        interpreters: Mapping[str, str] | None = None,
    ) -> None:
        # Instances run in a folder of their own, where a relative path leads nowhere.
        self._data = data = data.resolve()
        self._project = project
        self._template = template
        self._interpreters = interpreters or {}
        self._source = None if interpreters else project / "functions"
        self._settings = dict(settings or {})
        self._running = AsyncExitStack()
        self._fc_port = 0
        data.mkdir(parents=True, exist_ok=True)
        self.identity = _identity(data / "identity.json")
        self.oss = OssService(self.identity, data / "oss", REGION, self._on_event)
        self.cloudauth = IdVerificationService(self.identity, data)
        self.mns = MnsService(self.identity, data / "mns", REGION)
        self.admin = AdminService(
            lambda: self.services,
            fire=self._fire,
            invocations=lambda: [asdict(entry) for entry in self.fc.functions.invocations],
            calls=lambda: [call.to_dict() for call in self.cloudauth.calls],
            reset=self.reset,
        )
        self.fc: FcService
        self.http: HttpTriggerService | None = None

    @property
    def services(self) -> dict[str, Service]:
        """By the name that the admin address knows them by."""
        always: dict[str, Service] = {
            "oss": self.oss,
            "cloudauth": self.cloudauth,
            "uploads": self.cloudauth.uploads,
            "mns": self.mns,
            "fc": self.fc,
        }
        return always if self.http is None else {**always, "http": self.http}

    async def start(self, ports: Mapping[str, int] | None = None) -> None:
        """Starts everything; `ports` by service name, a free one for any that is not named."""
        wanted = ports or {}
        for name in ("oss", "cloudauth", "mns"):
            await self._start(getattr(self, name), wanted.get(name, 0))
        self._create_resources()
        await self._start_functions(wanted.get("fc", 0))
        await self._start(self.admin, wanted.get("admin", 0))
        if any(deployment.function.http_trigger for deployment in self.fc.functions.deployed):
            self.http = HttpTriggerService(self.identity, self.fc.functions)
            await self._start(self.http, wanted.get("http", 0))
        for service in self.services.values():
            service.kill_instances = self.fc.kill_instances

    async def stop(self) -> None:
        """Stops everything, last started first."""
        await self._running.aclose()

    def samples(self) -> list[Sample]:
        """Files to try, made afresh in ``samples/``; their verdicts stand in verdicts.json."""
        made = make_samples(self._data / "samples")
        scripted = self._data / "verdicts.json"
        kept = json.loads(scripted.read_text()) if scripted.exists() else {}
        _replace(scripted, json.dumps({**verdicts(made), **kept}, indent=1) + "\n")
        return made

    def reset(self) -> None:
        """Behaviours back to good, records of calls and invocations emptied. Objects stay."""
        for service in self.services.values():
            service.behaviour = Behaviour()
        self.cloudauth.reset()
        self.fc.functions.reset()

    def environment(self) -> dict[str, str]:
        """What a client needs, and what s.yaml was read with: the env file's lines."""
        outside = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.identity.key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.identity.key.access_key_secret,
            "OSS_ENDPOINT": self.oss.url,
            "OSS_REGION": REGION,
            "OSS_BUCKET": BUCKET,
            "CLOUDAUTH_ENDPOINT": self.cloudauth.url,
            "MNS_ENDPOINT": self.mns.url,
            "MNS_TOPIC": TOPIC,
            "MNS_QUEUE": QUEUE,
            "MNS_DLQ": DEAD_LETTERS,
            "FC_ENDPOINT": self.fc.url,
            "FC_FUNCTION": self.fc.functions.deployed[0].function.name,
            "HTTP_TRIGGER_URL": self.http.url if self.http else "",
            "LOCAL_ADMIN": self.admin.url,
            "CLOUDAUTH_CA_FILE": str(self.cloudauth.ca_file),
        }
        return {**outside, **self._function_environment()}

    def _create_resources(self) -> None:
        self.oss.create_bucket(BUCKET)
        self.oss.create_bucket(STATE_BUCKET)
        for queue in (QUEUE, DEAD_LETTERS):
            self.mns.create_queue(queue)
        self.mns.create_topic(TOPIC)
        self.mns.subscribe(TOPIC, "queue", QUEUE)

    async def _start_functions(self, port: int) -> None:
        """Their environment names the address that they are invoked at."""
        address = bound(port)
        self._running.callback(address.close)
        self._fc_port = address.getsockname()[1]
        functions = Functions(
            load_functions(
                self._project / self._template, self._function_environment(), source=self._source
            ),
            self.identity,
            self._data / "fc",
            region=REGION,
            destination=self._dead_letter,
            behaviour=lambda: self.fc.behaviour,
            interpreters=self._interpreters,
            ca_file=self.cloudauth.ca_file,
        )
        self.fc = FcService(self.identity, functions)
        await self._start(self.fc, address)

    async def _start(self, service: Service, at: int | socket.socket) -> None:
        await service.start(at)
        self._running.push_async_callback(service.stop)

    def _function_environment(self) -> dict[str, str]:
        """What s.yaml reads with ``${env(...)}``."""
        return {
            "ALIBABA_CLOUD_ACCOUNT_ID": self.identity.account_id,
            "SCENE_CODE": SCENE_CODE,
            "STATE_BUCKET": STATE_BUCKET,
            "OSS_BUCKET": BUCKET,
            "OSS_REGION": REGION,
            "OSS_ENDPOINT": self.oss.url,
            "OSS_PUBLIC_ENDPOINT": self.oss.url,
            "CLOUDAUTH_ENDPOINT": self.cloudauth.url,
            "CLOUDAUTH_UPLOAD_ENDPOINT": self.cloudauth.url,
            "MNS_ENDPOINT": self.mns.url,
            "MNS_TOPIC": TOPIC,
            "MNS_DLQ": DEAD_LETTERS,
            "MNS_QUEUE": QUEUE,
            "SWEEP_ENDPOINT": f"http://{LOOPBACK}:{self._fc_port}",
            "SWEEP": "true",
            # There are no networks here.
            "VPC_ID": "vpc-local",
            "VSWITCH_ID": "vsw-local",
            "SECURITY_GROUP_ID": "sg-local",
            "FACESCREEN_LOCAL": "true",
            # Nobody but this machine can reach it.
            "HTTP_AUTH": "anonymous",
            "URL_ALLOWED_ORIGINS": self.oss.url,
            **self._settings,
        }

    def _fire(self, function: str) -> int:
        return self.fc.functions.fire(function)

    def _on_event(self, record: dict[str, Any]) -> None:
        self.fc.functions.deliver(record)

    async def _dead_letter(self, destination: str, body: bytes) -> None:
        """Delivers to an onFailure destination, which s.yaml names by its ARN."""
        found = _MNS_DESTINATION.fullmatch(destination)
        if found is None:
            raise ValueError(f"s.yaml: the local cloud has no destination {destination!r}")
        kind, name = found.groups()
        await (self.mns.send(name, body) if kind == "queues" else self.mns.publish(name, body))


def write_env_file(path: Path, environment: Mapping[str, str]) -> None:
    """``KEY=value`` lines, for their owner's eyes alone, put in place whole."""
    _replace(path, "".join(f"{key}={value}\n" for key, value in environment.items()))


def _replace(path: Path, text: str) -> None:
    """Puts a file in place whole: whoever reads it finds the old text or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(path)


def _identity(path: Path) -> Identity:
    """The account of this data folder, made on first use."""
    if path.exists():
        kept = json.loads(path.read_text())
        return Identity(kept["account_id"], Key(**kept["key"]))
    fresh = Identity.fresh()
    _replace(path, json.dumps({"account_id": fresh.account_id, "key": asdict(fresh.key)}))
    return fresh
