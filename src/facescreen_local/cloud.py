"""The local cloud: starts and connects every service, and lists what its clients need."""

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
from facescreen_local.auth.account import AccessKey, LocalAccount
from facescreen_local.fc.functions import DeployedFunctions
from facescreen_local.fc.http_trigger.service import HttpTriggerService
from facescreen_local.fc.service import FcService
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.mns.service import MnsService
from facescreen_local.oss.service import OssService
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.protocol.service import LOOPBACK_ADDRESS, Service, bind_socket
from facescreen_local.samples import SampleFile, build_scripted_verdicts, make_samples
from facescreen_serverless_devs.functions import load_functions

REGION = "ap-southeast-1"
BUCKET_NAME = "selfies"
STATE_BUCKET_NAME = "facescreen-state"
TOPIC_NAME = "facescreen-verdicts"
QUEUE_NAME = "facescreen-verdicts"
DEAD_LETTER_QUEUE_NAME = "facescreen-dead-letters"
SCENE_CODE = "local_0001"

_MNS_DESTINATION_PATTERN = re.compile(
    r"acs:mns:[^:]*:[^:]*:/(queues|topics)/([A-Za-z0-9-]+)/messages"
)


class LocalCloud:
    """All services on loopback, with their state in the folder `data`.

    `settings` are environment variables of the functions; they override the cloud's own.
    `template` is a file in `project`. The functions run from source, on this Python; with
    `interpreters` (paths of Pythons by runtime), they run from the packages in `template`, whose
    paths are relative to `code_root`, by default `project`.
    """

    def __init__(
        self,
        data: Path,
        project: Path,
        settings: Mapping[str, str] | None = None,
        *,
        template: str = "s.yaml",
        code_root: Path | None = None,
        interpreters: Mapping[str, str] | None = None,
    ) -> None:
        # Instances run in their own folder, where a relative path would not resolve.
        self._data = data = data.resolve()
        self._project = project
        self._template = template
        self._code_root = code_root or project
        self._interpreters = interpreters or {}
        self._source = None if interpreters else project / "functions"
        self._settings = dict(settings or {})
        self._exit_stack = AsyncExitStack()
        self._fc_port = 0
        self._early_events: list[dict[str, Any]] | None = []
        data.mkdir(parents=True, exist_ok=True)
        self.account = _load_or_create_account(data / "identity.json")
        self.oss = OssService(self.account, data / "oss", REGION, self._deliver_event)
        self.cloudauth = IdVerificationService(self.account, data)
        self.mns = MnsService(self.account, data / "mns", REGION)
        self.admin = AdminService(
            lambda: self.services,
            fire=self._fire_timers,
            invocations=lambda: [asdict(entry) for entry in self.fc.functions.invocations],
            pending_count=lambda: self.fc.functions.pending_count,
            calls=lambda: [call.to_dict() for call in self.cloudauth.calls],
            reset=self.reset,
        )
        self.fc: FcService
        self.http: HttpTriggerService | None = None

    @property
    def services(self) -> dict[str, Service]:
        """The services by their names in the admin API."""
        services: dict[str, Service] = {
            "oss": self.oss,
            "cloudauth": self.cloudauth,
            "uploads": self.cloudauth.uploads,
            "mns": self.mns,
            "fc": self.fc,
        }
        return services if self.http is None else {**services, "http": self.http}

    async def start(self, ports: Mapping[str, int] | None = None) -> None:
        """Start all services. `ports` maps service names to ports; the others get a free one."""
        requested_ports = ports or {}
        for name in ("oss", "cloudauth", "mns"):
            await self._start(getattr(self, name), requested_ports.get(name, 0))
        self._create_resources()
        await self._start_functions(requested_ports.get("fc", 0))
        self._deliver_early_events()
        await self._start(self.admin, requested_ports.get("admin", 0))
        if any(
            deployed_function.function.http_trigger
            for deployed_function in self.fc.functions.all_functions
        ):
            self.http = HttpTriggerService(self.account, self.fc.functions)
            await self._start(self.http, requested_ports.get("http", 0))
        for service in self.services.values():
            service.kill_instances = self.fc.kill_instances
            service.kill_caller = self.fc.kill_caller

    async def stop(self) -> None:
        """Stop all services, the last one started first, except that OSS accepts nothing whose
        event could no longer be delivered."""
        await self.oss.stop()
        await self._exit_stack.aclose()

    def write_samples(self) -> list[SampleFile]:
        """Write the sample files to ``samples/`` and their verdicts to ``verdicts.json``."""
        samples = make_samples(self._data / "samples")
        verdicts_file = self._data / "verdicts.json"
        saved = json.loads(verdicts_file.read_text()) if verdicts_file.exists() else {}
        _write_atomically(
            verdicts_file,
            json.dumps({**build_scripted_verdicts(samples), **saved}, indent=1) + "\n",
        )
        return samples

    def reset(self) -> None:
        """Reset all behaviours and clear the records of faults, calls and invocations; keep the
        objects."""
        for service in self.services.values():
            service.behaviour = Behaviour()
            service.injected_faults.clear()
        self.cloudauth.reset()
        self.fc.functions.reset()

    def build_client_environment(self) -> dict[str, str]:
        """The env file's variables: what a client needs and what s.yaml reads."""
        client_only = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.account.key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.account.key.access_key_secret,
            "OSS_ENDPOINT": self.oss.url,
            "OSS_REGION": REGION,
            "OSS_BUCKET": BUCKET_NAME,
            "CLOUDAUTH_ENDPOINT": self.cloudauth.url,
            "MNS_ENDPOINT": self.mns.url,
            "MNS_TOPIC": TOPIC_NAME,
            "MNS_QUEUE": QUEUE_NAME,
            "MNS_DLQ": DEAD_LETTER_QUEUE_NAME,
            "FC_ENDPOINT": self.fc.url,
            "FC_FUNCTION": self.fc.functions.all_functions[0].function.name,
            "HTTP_TRIGGER_URL": self.http.url if self.http else "",
            "LOCAL_ADMIN": self.admin.url,
            "CLOUDAUTH_CA_FILE": str(self.cloudauth.ca_file),
        }
        return {**client_only, **self._build_function_environment()}

    def _create_resources(self) -> None:
        self.oss.create_bucket(BUCKET_NAME)
        self.oss.create_bucket(STATE_BUCKET_NAME)
        for queue in (QUEUE_NAME, DEAD_LETTER_QUEUE_NAME):
            self.mns.create_queue(queue)
        self.mns.create_topic(TOPIC_NAME)
        self.mns.subscribe(TOPIC_NAME, "queue", QUEUE_NAME)

    async def _start_functions(self, port: int) -> None:
        """Bind the address first, because the functions' environment contains it."""
        fc_socket = bind_socket(port)
        self._exit_stack.callback(fc_socket.close)
        self._fc_port = fc_socket.getsockname()[1]
        functions = DeployedFunctions(
            load_functions(
                self._project / self._template,
                self._build_function_environment(),
                code_root=self._code_root,
                source=self._source,
            ),
            self.account,
            self._data / "fc",
            region=REGION,
            destination=self._send_dead_letter,
            behaviour=lambda: self.fc.behaviour,
            interpreters=self._interpreters,
            ca_file=self.cloudauth.ca_file,
        )
        self.fc = FcService(self.account, functions)
        await self._start(self.fc, fc_socket)

    async def _start(self, service: Service, port_or_socket: int | socket.socket) -> None:
        await service.start(port_or_socket)
        self._exit_stack.push_async_callback(service.stop)

    def _build_function_environment(self) -> dict[str, str]:
        """The variables that s.yaml reads with ``${env(...)}``."""
        return {
            "ALIBABA_CLOUD_ACCOUNT_ID": self.account.account_id,
            "SCENE_CODE": SCENE_CODE,
            "STATE_BUCKET": STATE_BUCKET_NAME,
            "OSS_BUCKET": BUCKET_NAME,
            "OSS_REGION": REGION,
            "OSS_ENDPOINT": self.oss.url,
            "OSS_PUBLIC_ENDPOINT": self.oss.url,
            "CLOUDAUTH_ENDPOINT": self.cloudauth.url,
            "CLOUDAUTH_UPLOAD_ENDPOINT": self.cloudauth.url,
            "MNS_ENDPOINT": self.mns.url,
            "MNS_TOPIC": TOPIC_NAME,
            "MNS_DLQ": DEAD_LETTER_QUEUE_NAME,
            "MNS_QUEUE": QUEUE_NAME,
            "SWEEP_ENDPOINT": f"http://{LOOPBACK_ADDRESS}:{self._fc_port}",
            # The local cloud has no networks.
            "VPC_ID": "vpc-local",
            "VSWITCH_ID": "vsw-local",
            "SECURITY_GROUP_ID": "sg-local",
            "FACESCREEN_LOCAL": "true",
            # Only this machine can reach the address.
            "HTTP_AUTH": "anonymous",
            "URL_ALLOWED_ORIGINS": self.oss.url,
            **self._settings,
        }

    def _fire_timers(self, function: str) -> int:
        return self.fc.functions.fire_timers(function)

    def _deliver_event(self, record: dict[str, Any]) -> None:
        """Deliver an event, or keep it until Function Compute has started, which is after OSS."""
        if self._early_events is None:
            self.fc.functions.deliver_bucket_event(record)
        else:
            self._early_events.append(record)

    def _deliver_early_events(self) -> None:
        early_events, self._early_events = self._early_events or [], None
        for record in early_events:
            self._deliver_event(record)

    async def _send_dead_letter(self, destination: str, body: bytes) -> None:
        """Send a record to an onFailure destination, given by its ARN in s.yaml."""
        match = _MNS_DESTINATION_PATTERN.fullmatch(destination)
        if match is None:
            raise ValueError(
                f"s.yaml: the local cloud does not support destination {destination!r}"
            )
        resource_type, name = match.groups()
        await (
            self.mns.send(name, body) if resource_type == "queues" else self.mns.publish(name, body)
        )


def write_env_file(path: Path, environment: Mapping[str, str]) -> None:
    """Write ``KEY=value`` lines atomically, readable only by the owner."""
    _write_atomically(path, "".join(f"{key}={value}\n" for key, value in environment.items()))


def _write_atomically(path: Path, text: str) -> None:
    """Replace a file atomically: a reader sees either the old text or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(path)


def _load_or_create_account(path: Path) -> LocalAccount:
    """Return the data folder's account, created on first use."""
    if path.exists():
        saved = json.loads(path.read_text())
        return LocalAccount(saved["account_id"], AccessKey(**saved["key"]))
    account = LocalAccount.create()
    _write_atomically(
        path, json.dumps({"account_id": account.account_id, "key": asdict(account.key)})
    )
    return account
