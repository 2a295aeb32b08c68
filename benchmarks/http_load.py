"""Measure requests a second and processor time a request over HTTP, against floors and a peer.

Usage: python benchmarks/http_load.py [--rounds N] [--seconds S]. Sixteen connections that stay
open ask from this process, each again as soon as it is answered. In one run, in turns:

    floors   an h11 loop that sends each body back, on anyio and on asyncio: what our stack can do
    adder    a server with one tool, on our engine
    sdk      the same one on the official Python SDK, when BENCH_SDK_PYTHON names a Python that has
             the PyPI package `mcp`: it is no dependency of ours
    product  `vtmcp`, whose tool `services` asks a trivial database in another process

The processor time is the server's alone, so the tool's is without that of its database.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from typing import NamedTuple

from benchmarks._clients import Rate, legacy, load, modern, open_session
from benchmarks._processes import HERE, Serving, ours, serving

ROUNDS = 2
SECONDS = 0.8

SDK_PYTHON = "BENCH_SDK_PYTHON"

FLOOR = "floor on anyio: echo"
ADD = {"name": "add", "arguments": {"a": 2, "b": 40}}
SERVICES = {"name": "services", "arguments": {}}


class Case(NamedTuple):
    """A request, and the server that it is asked of."""

    server: Serving
    request: bytes


class Measured(NamedTuple):
    """One run of a case."""

    rate: Rate
    cpu_s: float

    @property
    def cpu_us(self) -> float:
        """Processor time of the server for one request."""
        return self.cpu_s / self.rate.requests_in_all * 1e6


def main() -> None:
    """Start all servers, measure them in turns, print a table."""
    parser = argparse.ArgumentParser(description="Measure HTTP load against floors and a peer.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    with ExitStack() as stack:
        cases = start_all(stack)
        found = measure(cases, options.rounds, options.seconds)
    print(f"16 connections, medians of {options.rounds} x {options.seconds} s")
    print(f"  {'':36} {'requests/s':>10} {'CPU us':>7} {'of floor':>9} {'of the SDK':>11}")
    for name, runs in found.items():
        print(_row(name, runs, found))
    if not _sdk_python():
        print(f"  the official Python SDK: not measured; {SDK_PYTHON} names no Python that has it")


def start_all(stack: ExitStack) -> dict[str, Case]:
    """Start every server, and say what each is asked."""
    anyio_floor = stack.enter_context(serving(ours("echo-anyio")))
    asyncio_floor = stack.enter_context(serving(ours("echo-asyncio")))
    cases = {
        FLOOR: Case(anyio_floor, legacy(anyio_floor.port, "s" * 100, "ping")),
        "floor on asyncio: echo": Case(
            asyncio_floor, legacy(asyncio_floor.port, "s" * 100, "ping")
        ),
    }
    adders = {"adder": ours("adder")}
    if python := _sdk_python():
        adders["sdk"] = [python, str(HERE / "_sdk_server.py")]
    for name, command in adders.items():
        cases |= _adder_cases(name, stack.enter_context(serving(command)))
    upstream = stack.enter_context(serving(ours("upstream")))
    env = {
        "VT_INSTANCE_ENTRYPOINT": f"http://127.0.0.1:{upstream.port}",
        "MCP_SERVER_MODE": "http",
        "MCP_LISTEN_ADDR": "127.0.0.1:0",
    }
    command = [sys.executable, "-m", "vtmcp"]
    product = stack.enter_context(serving(command, env, told_on="stderr"))
    session = asyncio.run(open_session(product.port))
    services = legacy(product.port, session, "tools/call", SERVICES)
    return cases | {
        "product: ping": Case(product, legacy(product.port, session, "ping")),
        "product: tools/list": Case(product, legacy(product.port, session, "tools/list")),
        "product: services, asks upstream": Case(product, services),
        "product: the same, modern": Case(
            product, modern(product.port, "tools/call", SERVICES, "services")
        ),
    }


def measure(cases: dict[str, Case], rounds: int, seconds: float) -> dict[str, list[Measured]]:
    """Measure all cases in turns: a busy machine is busy for all alike."""
    found: dict[str, list[Measured]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(_run(name, case, seconds))
    return found


def _adder_cases(name: str, server: Serving) -> dict[str, Case]:
    session = asyncio.run(open_session(server.port))
    return {
        f"{name}: ping": Case(server, legacy(server.port, session, "ping")),
        f"{name}: tools/list": Case(server, legacy(server.port, session, "tools/list")),
        f"{name}: tool call": Case(server, legacy(server.port, session, "tools/call", ADD)),
        f"{name}: tool call, modern": Case(server, modern(server.port, "tools/call", ADD, "add")),
    }


def _run(name: str, case: Case, seconds: float) -> Measured:
    before = case.server.cpu_s()
    rate = asyncio.run(load(case.server.port, case.request, seconds))
    cpu_s = case.server.cpu_s() - before
    if rate.refused or not rate.requests:
        raise SystemExit(f"{name}: no result: {rate.refused!r}")
    return Measured(rate, cpu_s)


def _row(name: str, runs: list[Measured], found: dict[str, list[Measured]]) -> str:
    rate = _per_second(runs)
    row = f"  {name:36} {rate:10,.0f} {statistics.median(run.cpu_us for run in runs):7.0f}"
    row += f" {rate / _per_second(found[FLOOR]):9.2f}"
    peer = found.get(name.replace("adder:", "sdk:"))
    return f"{row} {rate / _per_second(peer):10.1f}x" if peer and peer is not runs else row


def _per_second(runs: list[Measured]) -> float:
    return statistics.median(run.rate.per_second for run in runs)


def _sdk_python() -> str:
    """The Python that has the SDK, or nothing."""
    python = os.environ.get(SDK_PYTHON, "")
    if not python:
        return ""
    probe = subprocess.run([python, "-c", "import mcp, uvicorn"], check=False, capture_output=True)
    return "" if probe.returncode else python


if __name__ == "__main__":
    main()
