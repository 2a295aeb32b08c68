"""`Demo` as the tools see it: its face, and how quickly the first question is answered."""

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.demo.samples import NOW_NS, query
from vtmcp.demo.source import Demo
from vtmcp.traces.model import TraceQuery
from vtmcp.traces.tenant import Tenant

if TYPE_CHECKING:
    from vtmcp.handlers.source import TraceSource

pytestmark = pytest.mark.anyio

SHOP = Tenant()
HOUR_NS = 3_600 * 10**9


async def test_it_is_a_trace_source_that_says_that_it_is_none() -> None:
    source: TraceSource = Demo(lambda: NOW_NS)
    assert "demo" in source.label
    assert "Generated demo data" in source.notice
    await source.aclose()


async def test_it_hands_every_question_on() -> None:
    source = Demo(lambda: NOW_NS)
    assert "fraud" in await source.services(SHOP)
    assert "POST /assess" in await source.operations("fraud", SHOP)
    found = await source.search(query("fraud", limit=1), SHOP)
    assert await source.trace(found.traces[0].trace_id, SHOP) == found
    end_ms = NOW_NS // 10**6
    assert await source.dependencies(end_ms=end_ms, lookback_ms=3_600_000, tenant=SHOP)


async def test_the_clock_is_that_of_the_machine_unless_another_is_given() -> None:
    now_ns = time.time_ns()
    asked = TraceQuery(service="cart", start_ns=now_ns - HOUR_NS, end_ns=now_ns, limit=1)
    (trace,) = (await Demo().search(asked, SHOP)).traces
    assert now_ns - 120 * 10**9 < trace.spans[0].start_ns < now_ns


def test_the_first_question_takes_less_than_a_third_of_a_second() -> None:
    """With the imports that it causes, in a process of its own; three tries on a busy machine."""
    script = """
import asyncio, time
from vtmcp.demo.source import Demo
from vtmcp.traces.model import TraceQuery
from vtmcp.traces.tenant import Tenant
started, now_ns = time.process_time(), time.time_ns()
query = TraceQuery(service="frontend", start_ns=now_ns - 3_600 * 10**9, end_ns=now_ns)
assert len(asyncio.run(Demo().search(query, Tenant())).traces) == 20
print(time.process_time() - started)
"""
    spent_s = []
    for _ in range(3):
        ran = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
        )
        spent_s.append(float(ran.stdout))
    assert min(spent_s) < 0.3
