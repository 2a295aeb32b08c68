"""The image and the compose file: what goes in, who runs it, and that they fit the code."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.deploy.tools import HADOLINT, SECONDS_MAX, Json
from tests.tidiness.source import ROOT
from vtmcp import __version__
from vtmcp.cli import USAGE
from vtmcp.config import Config
from vtmcp.config_variables import VARIABLES
from vtmcp.demo.load import export_url
from vtmcp.posting import read_target
from vtmcp.transports.ops import LIVENESS_PATH

KNOWN = {variable.name for variable in VARIABLES}
OURS = re.compile(r"(?:MCP|VT)_\w+")

COMPOSE: Json = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Json] = COMPOSE["services"]
EACH = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


class Step(NamedTuple):
    """One instruction of a Dockerfile."""

    word: str
    rest: str


def steps() -> list[Step]:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = lines.replace("\\\n", " ").splitlines()
    return [Step(*line.strip().split(maxsplit=1)) for line in joined if line.strip()]


def stages() -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps():
        if step.word == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def of(word: str, among: list[Step]) -> list[str]:
    return [step.rest for step in among if step.word == word]


def image_env() -> dict[str, str]:
    [text] = of("ENV", stages()[-1])
    return dict(part.split("=", 1) for part in shlex.split(text))


def healthcheck() -> list[str]:
    [text] = of("HEALTHCHECK", stages()[-1])
    command: list[str] = json.loads(text.partition("CMD ")[2])
    return command


def is_sent(path: str) -> bool:
    """Whether .dockerignore leaves a file in the context: the last line that fits decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").split():
        pattern = line.removeprefix("!")
        parts = path.split("/")
        above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        if pattern.startswith("**/"):
            fits = any(fnmatch.fnmatchcase(part, pattern[3:]) for part in parts)
        else:
            fits = any(fnmatch.fnmatchcase(each, pattern) for each in above)
        if fits:
            sent = line.startswith("!")
    return sent


def copied() -> list[str]:
    """What the first stage takes from the context."""
    return [word for text in of("COPY", stages()[0]) for word in text.split()[:-1]]


@pytest.mark.skipif(HADOLINT is None, reason="there is no hadolint, .ci/deploy-tools was not run")
def test_hadolint_finds_nothing() -> None:
    assert HADOLINT is not None
    done = subprocess.run(
        [HADOLINT, "--no-color", str(ROOT / "Dockerfile")],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_each_stage_begins_with_a_version() -> None:
    arguments = dict(text.split("=") for text in of("ARG", steps()))
    for stage in stages():
        image = stage[0].rest.split()[0]
        for name, value in arguments.items():
            image = image.replace(f"${{{name}}}", value)
        assert re.fullmatch(r"python:3\.\d+-slim", image)


def test_what_builds_is_not_what_runs() -> None:
    build, run = stages()
    assert of("FROM", build)[0].endswith(" AS build")
    assert all(text.startswith("--from=build ") for text in of("COPY", run))
    assert not of("RUN", run)


def test_nobody_runs_it() -> None:
    [user] = of("USER", stages()[-1])
    assert all(int(number) > 0 for number in user.split(":"))
    words = [step.word for step in stages()[-1]]
    assert words.index("USER") > words.index("COPY")


def test_the_image_serves_over_http_where_it_says() -> None:
    env = {name: value for name, value in image_env().items() if OURS.fullmatch(name)}
    assert env.keys() <= KNOWN
    config = Config.from_env({**env, "VT_INSTANCE_ENTRYPOINT": "demo"})
    assert config.mode == "http"
    assert of("EXPOSE", stages()[-1]) == [str(config.listen[1])]
    assert f"http://localhost:{config.listen[1]}{LIVENESS_PATH}" in healthcheck()[-1]
    assert of("ENTRYPOINT", stages()[-1]) == ['["vtmcp"]']


@pytest.mark.long
def test_the_health_check_passes_while_it_serves_and_fails_when_not() -> None:
    env = {**os.environ, "VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "http"}
    served = subprocess.Popen(
        [sys.executable, "-m", "vtmcp"],
        env={**env, "MCP_LISTEN_ADDR": "localhost:0", "MCP_LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
        text=True,
    )
    with served:
        assert served.stderr is not None
        lines = (json.loads(line) for line in served.stderr)
        url = next(line["url"] for line in lines if line["msg"] == "listening")
        port = re.findall(r":(\d+)/", url)[0]
        python, *rest = healthcheck()
        assert python == "python"
        command = [sys.executable, *(word.replace(":8081/", f":{port}/") for word in rest)]
        while_serving = _status(command)
        served.terminate()
        served.wait(SECONDS_MAX)
        assert (while_serving, _status(command)) == (0, 1)


def test_each_file_that_is_copied_is_there_and_is_sent() -> None:
    assert copied()
    for name in copied():
        source = ROOT / name
        folders = (*source.rglob("*.md"), *source.rglob("*.py"))
        files = (source,) if source.is_file() else folders
        assert files
        for file in files:
            if "__pycache__" not in file.parts:
                assert is_sent(file.relative_to(ROOT).as_posix()), file


def test_nothing_else_is_sent() -> None:
    names = {path.name for path in ROOT.iterdir()}
    assert {name for name in names if is_sent(name)} == set(copied())
    assert not is_sent("vtmcp/__pycache__/app")
    assert not is_sent("vtmcp/app.pyc")
    assert not is_sent(".git/config")


@pytest.mark.long
@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling, which builds it, is missing")
def test_a_wheel_is_built_from_what_is_copied_and_works(tmp_path: Path) -> None:
    context, wheels, unpacked = (tmp_path / name for name in ("context", "wheels", "unpacked"))
    context.mkdir()
    for name in copied():
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, context)
        else:
            shutil.copytree(ROOT / name, context / name, symlinks=True, ignore=_left_out)
    command = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = [sys.executable, "-m", *command, "--wheel-dir", str(wheels), str(context)]
    subprocess.run(built, check=True, timeout=SECONDS_MAX, capture_output=True)
    [wheel] = wheels.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    env = {**os.environ, "PYTHONPATH": str(unpacked)}
    code = "import vtmcp, vtmcp.cli, sys; print(vtmcp.__file__); sys.exit(vtmcp.cli.main())"
    for words in (["--version"], ["docs", "latency"]):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *words],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        where, _, said = done.stdout.partition("\n")
        assert Path(where).is_relative_to(unpacked)
        assert __version__ in said if words == ["--version"] else "docs://" in said


def _left_out(folder: str, names: list[str]) -> list[str]:
    inside = Path(folder).relative_to(ROOT).as_posix()
    return [name for name in names if not is_sent(f"{inside}/{name}")]


def _status(command: list[str]) -> int:
    return subprocess.run(command, capture_output=True, timeout=SECONDS_MAX, check=False).returncode


# ---- compose.yaml -------------------------------------------------------------------------


@EACH
def test_an_image_has_a_version(service: Json) -> None:
    tag = service["image"].rpartition(":")[2]
    assert tag not in (service["image"], "latest")


@EACH
def test_ports_are_open_to_this_machine_only(service: Json) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


@EACH
def test_what_it_depends_on_and_keeps_is_there(service: Json) -> None:
    assert set(service.get("depends_on", ())) <= set(SERVICES)
    kept = {volume.partition(":")[0] for volume in service.get("volumes", ())}
    assert kept <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", ["vtmcp", "load"])
def test_ours_may_do_nothing_but_serve(name: str) -> None:
    service = SERVICES[name]
    assert service["build"] == "."
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]


def test_the_settings_are_ones_that_vtmcp_takes() -> None:
    env = {**image_env(), **SERVICES["vtmcp"]["environment"]}
    assert {name for name in env if OURS.fullmatch(name)} <= KNOWN
    token = env["MCP_AUTH_TOKEN"]
    assert token.startswith("${MCP_AUTH_TOKEN:?"), "without a token nothing may start"
    config = Config.from_env({**env, "MCP_AUTH_TOKEN": "0123456789abcdef"})
    [port] = SERVICES["vtmcp"]["ports"]
    published = port.split(":")
    assert int(published[-1]) == config.listen[1]
    assert config.allowed_hosts == (f"localhost:{published[1]}",)
    assert config.entrypoint == _database_url()


def test_the_load_is_a_command_of_ours_that_reaches_the_database() -> None:
    *words, url = SERVICES["load"]["command"]
    assert f"vtmcp {' '.join(words)} URL" in USAGE
    assert url == _database_url()
    assert read_target(export_url(url)).host == "victoriatraces"


def test_the_database_has_these_flags() -> None:
    known = (ROOT / "tests" / "recordings" / "008-flags.body").read_text("utf-8")
    for flag in SERVICES["victoriatraces"]["command"]:
        name = flag.removeprefix("-").partition("=")[0]
        assert re.search(rf"(?m)^-{re.escape(name)}=", known), name


def _database_url() -> str:
    [port] = SERVICES["victoriatraces"]["ports"]
    return f"http://victoriatraces:{port.rpartition(':')[2]}"
