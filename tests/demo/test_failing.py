"""Generated failures can be followed to where they began."""

import pytest

from tests.demo.samples import HOUR_NS, NOW_NS
from vtmcp.demo.failing import failing_of
from vtmcp.demo.source import Demo
from vtmcp.traces.origins import origins_of
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

HOUR = SpanFilter(start_ns=NOW_NS - HOUR_NS, end_ns=NOW_NS)


async def test_the_failures_of_an_hour_began_below_the_entry_points() -> None:
    source = Demo(lambda: NOW_NS)
    found = await source.failing(HOUR, Tenant(), limit=10_000)
    (whole,) = await source.span_stats(HOUR, [], Tenant())
    assert len(found.fitting) == whole.errors > 100
    ends = [span.end_ns for span in found.fitting]
    assert ends == sorted(ends, reverse=True)
    services = {origin.span.service for origin in origins_of(found)}
    assert {"fraud", "cart", "shipping"} <= services
    assert "frontend" not in services


async def test_of_many_the_newest_are_told() -> None:
    source = Demo(lambda: NOW_NS)
    every = await source.failing(HOUR, Tenant(), limit=10_000)
    few = await source.failing(HOUR, Tenant(), limit=3)
    assert few.fitting == every.fitting[:3]


def test_no_traces() -> None:
    assert failing_of([], lambda span: True, limit=1) == ((), (), (), True)
