"""`critical_path`: the tables of one trace, an unknown id, the size."""

import pytest

from tests.handlers.tools.source import DEFAULT_TENANT, ScriptedSource, call, call_for_text
from tests.traces.samples import MS, TRACE_ID, span, trace
from vtmcp.handlers.tools.critical_path import CriticalPath
from vtmcp.protocol.errors import ToolError

pytestmark = pytest.mark.anyio

TWO = trace(span("a", duration_ns=100 * MS), span("b", "a", service="pay", at_ms=10))


async def test_the_time_is_told_by_service_and_operation() -> None:
    source = ScriptedSource(traces=(TWO,), notice="Demo data.")
    text = await call_for_text(CriticalPath, {"trace_id": TRACE_ID}, source)
    assert text.splitlines()[1:] == [
        "Demo data.",
        "critical path of s1 cart GET /cart: 100 ms",
        "by service:",
        "   90.0 %  90 ms  cart",
        "   10.0 %  10 ms  pay",
        "by operation, own time:",
        "   90.0 %  90 ms  cart GET /cart  s1",
        "   10.0 %  10 ms  pay GET /cart  s2",
    ]
    assert source.asked == [("trace", TRACE_ID, DEFAULT_TENANT)]


async def test_an_unknown_trace_is_said_to_be_unknown() -> None:
    text = await call_for_text(CriticalPath, {"trace_id": TRACE_ID}, ScriptedSource())
    assert text.startswith(f"No trace {TRACE_ID} in tenant 7:3")


async def test_a_wrong_id_is_refused() -> None:
    with pytest.raises(ToolError, match=r"^critical_path: argument trace_id: 'x' is not a trace"):
        await call(CriticalPath, {"trace_id": "x"}, ScriptedSource())


async def test_a_long_answer_stays_within_its_bytes() -> None:
    spans = [span("a", duration_ns=900 * MS)]
    spans += [
        span(f"s{n}", "a", name="n" * 90 + str(n), at_ms=n, duration_ns=MS) for n in range(99)
    ]
    arguments = {"trace_id": TRACE_ID, "max_bytes": 1_000}
    text = await call_for_text(CriticalPath, arguments, ScriptedSource(traces=(trace(*spans),)))
    assert len(text.encode()) <= 1_000
