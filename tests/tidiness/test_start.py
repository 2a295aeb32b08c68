"""What a start loads: nothing heavy, neither for the product nor for an embedder."""

import subprocess
import sys

import pytest

from tests.tidiness.source import ROOT

HEAVY = {
    *("certifi", "decimal", "h11", "http.client", "ipaddress", "jsonschema", "numpy", "rank_bm25"),
    *("ssl", "unittest", "urllib.request", "vtmcp.traces.model"),
}
"""What takes milliseconds to import and is not needed before the first call."""

STARTED = (
    *("vtmcp.app", "vtmcp.demo.source", "vtmcp.victoriatraces.source"),
    *("vtmcp.server", "vtmcp.conformance.fixture"),
)


@pytest.mark.parametrize("module", STARTED)
def test_a_start_loads_nothing_heavy(module: str) -> None:
    script = f"import {module}, sys; print(*sys.modules, sep='\\n')"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert not HEAVY & set(ran.stdout.split())
