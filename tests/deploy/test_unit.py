"""The systemd unit: that systemd takes it, and that it says what the code says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.tools import DEPLOY, SECONDS_MAX
from vtmcp.app import EXIT_USAGE
from vtmcp.app_web import CLOSING_S
from vtmcp.config import Config
from vtmcp.config_variables import VARIABLES

UNIT = DEPLOY / "systemd" / "vtmcp.service"

EXPOSURE_MAX = 20
"""Tenths. What is left is mostly the network, which a server needs."""

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze")


def said(key: str) -> list[str]:
    """All that a key is set to, in order."""
    lines = UNIT.read_text("utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def analyzed(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What systemd says of the unit, with a program in it that this machine has."""
    assert ANALYZE is not None
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace(said("ExecStart")[0], sys.executable))
    return subprocess.run(
        [ANALYZE, *words, str(unit)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


@needs_systemd
def test_systemd_takes_it(tmp_path: Path) -> None:
    done = analyzed(tmp_path, "verify", "--man=no")
    # Other units of the machine may have faults of their own.
    assert UNIT.name not in done.stderr
    assert done.returncode == 0, done.stderr


@needs_systemd
def test_systemd_would_find_a_misspelt_key(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("DynamicUser=", "DynamicUsr="))
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert "DynamicUsr" in done.stderr


@needs_systemd
def test_it_is_well_protected(tmp_path: Path) -> None:
    done = analyzed(tmp_path, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}")
    assert done.returncode == 0, done.stdout


def test_it_serves_over_http_on_this_machine_only() -> None:
    env = dict(text.split("=", 1) for text in said("Environment"))
    ours = {name: value for name, value in env.items() if name.startswith(("MCP_", "VT_"))}
    assert ours.keys() <= {variable.name for variable in VARIABLES}
    config = Config.from_env({**ours, "VT_INSTANCE_ENTRYPOINT": "demo"})
    assert (config.mode, config.listen[0]) == ("http", "localhost")


def test_each_variable_that_it_speaks_of_is_one_of_ours() -> None:
    named = set(re.findall(r"\b(?:MCP|VT)_[A-Z_]+\b", UNIT.read_text("utf-8")))
    assert "MCP_AUTH_TOKEN_FILE" in named
    assert named <= {variable.name for variable in VARIABLES}


def test_a_wrong_setting_is_not_tried_again_and_a_fault_is() -> None:
    assert said("RestartPreventExitStatus") == [str(EXIT_USAGE)]
    assert said("Restart") == ["on-failure"]


def test_it_gets_the_time_that_vtmcp_takes_to_stop_and_the_files_that_it_may_open() -> None:
    config = Config.from_env({"VT_INSTANCE_ENTRYPOINT": "demo"})
    assert int(said("TimeoutStopSec")[0]) > config.shutdown_timeout_s + CLOSING_S
    assert int(said("LimitNOFILE")[0]) > config.clients_max + config.connections_max
