"""`compare_traces`: with a trace that is named, with the median of kin, and without either."""

import pytest

from tests.handlers.tools.source import (
    NOW_NS,
    ScriptedSource,
    call,
    call_for_text,
)
from tests.traces.samples import MS, TRACE_ID, S, failed, span
from vtmcp.handlers.tools.compare_traces import HOUR_NS, KIN_MAX, KIN_MIN, CompareTraces
from vtmcp.protocol.errors import ToolError
from vtmcp.traces.jaeger import write_trace
from vtmcp.traces.model import Found, Trace, TraceQuery
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

OTHER_ID = "f" * 32
AT_NS = NOW_NS - 600 * S


def request(trace_id: str, took_ms: int, *, failing: bool = False, service: str = "web") -> Trace:
    make = failed if failing else span
    spans = (
        make("a", duration_ns=took_ms * MS, service=service, start_ns=AT_NS),
        span("b", "a", name="b", duration_ns=(took_ms - 10) * MS, start_ns=AT_NS),
    )
    return Trace(trace_id, spans)


class ById(ScriptedSource):
    """Knows traces by their id, and finds all of them in each search."""

    def __init__(self, *traces: Trace, failing: tuple[str, ...] = ()) -> None:
        super().__init__(failing=failing)
        self._by_id = {one.trace_id: one for one in traces}

    async def trace(self, trace_id: str, tenant: Tenant) -> Found:
        await super().trace(trace_id, tenant)
        return _found(*(one for one in self._by_id.values() if one.trace_id == trace_id))

    async def search(self, query: TraceQuery, tenant: Tenant) -> Found:
        await super().search(query, tenant)
        return _found(*self._by_id.values())


def _found(*traces: Trace) -> Found:
    return Found(traces, tuple(map(write_trace, traces)))


SLOW = request(TRACE_ID, 900)
KIN = [request(f"{n:032x}", 100 + n) for n in (1, 2, 3)]


async def test_two_traces_that_are_named() -> None:
    source = ById(SLOW, KIN[0])
    arguments = {"trace_id": TRACE_ID, "other": KIN[0].trace_id}
    lines = (await call_for_text(CompareTraces, arguments, source)).splitlines()
    assert lines[0].startswith(f"trace {TRACE_ID} (900 ms, 2 spans, ")
    assert f" is 799 ms slower than trace {KIN[0].trace_id} (101 ms" in lines[0]
    assert lines[-1].startswith("slower:  cart b, called by web  890 ms (s2)  against 91 ms")
    assert [asked[0] for asked in source.asked] == ["trace", "trace"]


async def test_the_median_of_healthy_kin_when_none_is_named() -> None:
    bad = request("e" * 32, 5, failing=True)
    source = ById(SLOW, *KIN, bad, request("d" * 32, 9, service="other"))
    lines = (await call_for_text(CompareTraces, {"trace_id": TRACE_ID}, source)).splitlines()
    assert f"slower than trace {KIN[1].trace_id} (102 ms" in lines[0]
    assert lines[1] == (
        "compared with the median of 3 kin without errors: 4 other traces of web GET /cart looked"
        " at, 2026-11-24 10:50:03Z to 14:00:03Z (3 h 10 min) and a day before"
    )


async def test_kin_are_looked_for_around_the_trace_before_it_and_a_day_before() -> None:
    source = ById(SLOW, *KIN)
    await call_for_text(CompareTraces, {"trace_id": TRACE_ID}, source)
    queries = [asked[1] for asked in source.asked if asked[0] == "search"]
    hours = [(one.start_ns - AT_NS) / HOUR_NS for one in queries]
    assert sorted(hours) == [-24.5, -3.0, -2.0, -0.5]
    assert sum(one.limit for one in queries) == KIN_MAX
    for one in queries:
        assert (one.service, one.operation) == ("web", "GET /cart")
        assert one.end_ns == min(one.start_ns + HOUR_NS, NOW_NS)


async def test_no_healthy_kin_is_said_with_the_next_call() -> None:
    source = ById(SLOW, request("e" * 32, 5, failing=True))
    arguments = {"trace_id": TRACE_ID, "tenant": "1:2"}
    text = await call_for_text(CompareTraces, arguments, source)
    assert text.startswith("No healthy kin: 1 other traces of web GET /cart looked at, ")
    assert text.endswith(
        'Next: traces(service="web", operation="GET /cart", start="now-24h", tenant="1:2")'
    )


async def test_a_trace_without_a_service_has_no_kin() -> None:
    for one in (Trace(TRACE_ID, ()), request(TRACE_ID, 50, service="")):
        source = ById(one)
        text = await call_for_text(CompareTraces, {"trace_id": TRACE_ID}, source)
        assert text == "The trace has no root with a service, so no kin can be found; name other."
        assert len(source.asked) == 1


async def test_of_large_traces_few_are_fetched() -> None:
    spans = tuple(span(f"s{n}", "s0" if n else "") for n in range(9_000))
    source = ById(Trace(TRACE_ID, spans))
    await call_for_text(CompareTraces, {"trace_id": TRACE_ID}, source)
    limits = [asked[1].limit for asked in source.asked if asked[0] == "search"]
    assert KIN_MIN <= sum(limits) <= 2 * KIN_MIN


@pytest.mark.parametrize("known", [(), (SLOW,)], ids=["the first", "the second"])
async def test_an_unknown_trace_is_said_to_be_unknown(known: tuple[Trace, ...]) -> None:
    arguments = {"trace_id": TRACE_ID, "other": OTHER_ID}
    text = await call_for_text(CompareTraces, arguments, ById(*known))
    assert text.startswith(f"No trace {OTHER_ID if known else TRACE_ID} in tenant 7:3")


async def test_a_wrong_id_is_named_by_its_argument() -> None:
    with pytest.raises(ToolError, match=r"^compare_traces: argument other: 'x' is not a trace id"):
        await call(CompareTraces, {"trace_id": TRACE_ID, "other": "x"}, ById(SLOW))


async def test_a_search_that_fails_is_told() -> None:
    with pytest.raises(ToolError, match=r"^the database does not answer search; try again$"):
        await call(CompareTraces, {"trace_id": TRACE_ID}, ById(SLOW, failing=("search",)))
