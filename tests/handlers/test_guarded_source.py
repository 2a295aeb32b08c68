"""The guard before the source: each question passes, and the database is spared."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import anyio
import pytest

from tests.traces.samples import START_NS, span
from vtmcp.handlers.guarded_source import GuardedSource, GuardLimits
from vtmcp.handlers.wide_windows import WideWindows
from vtmcp.traces.model import Found, SourceError, Trace, TraceQuery
from vtmcp.traces.spans import Histogram, SpanFilter
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

Ask = Callable[..., Coroutine[Any, Any, Any]]

TENANT, OTHER = Tenant(), Tenant(7)
DAY_NS = 86_400_000_000_000
WANTED = SpanFilter(start_ns=START_NS, end_ns=START_NS + 1, tags={"a": "b"})
WEEK = SpanFilter(start_ns=START_NS, end_ns=START_NS + 7 * DAY_NS)
QUERY = TraceQuery(service="cart", start_ns=1, end_ns=2)
TRACE = Found((Trace("t", (span("a"),)),), ({},))


class Noting:
    """Answers each question with its name and what was asked; can be made to wait."""

    label, notice = "noting", "not real"

    def __init__(self, counted: int = 0) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.may_answer = anyio.Event()
        self.may_answer.set()
        self.counted = counted
        self.whose: tuple[Any, ...] = ()

    def on_behalf(self, headers: Any, caller: str = "") -> "Noting":
        self.whose = (headers, caller)
        return self

    def __getattr__(self, name: str) -> Ask:
        async def answer(*asked: Any, **more: Any) -> Any:
            self.asked.append((name, *asked, *more.values()))
            await self.may_answer.wait()
            if name == "span_counts":
                return Histogram(0, 1, (self.counted,))
            return TRACE if name == "trace" else [name]

        return answer


def guarded(source: Any, limits: GuardLimits = GuardLimits()) -> GuardedSource:  # noqa: B008
    return GuardedSource(source, limits, clock=lambda: 0.0, now_ns=lambda: START_NS + DAY_NS)


QUESTIONS: dict[str, Ask] = {
    "services": lambda it: it.services(TENANT),
    "operations": lambda it: it.operations("cart", TENANT),
    "search": lambda it: it.search(QUERY, TENANT),
    "trace": lambda it: it.trace("t", TENANT),
    "dependencies": lambda it: it.dependencies(end_ms=2, lookback_ms=1, tenant=TENANT),
    "span_stats": lambda it: it.span_stats(WANTED, ("service",), TENANT, limit=5),
    "field_names": lambda it: it.field_names(WANTED, TENANT),
    "field_values": lambda it: it.field_values(WANTED, "a", TENANT, limit=5),
    "facets": lambda it: it.facets(WANTED, TENANT, limit=5),
    "spans": lambda it: it.spans(WANTED, TENANT, limit=5, slowest=True),
    "trace_summaries": lambda it: it.trace_summaries(WANTED, TENANT, limit=5),
    "failing": lambda it: it.failing(WANTED, TENANT, limit=5),
    "activity": lambda it: it.activity(WANTED, TENANT, slower_than_ns=5, also_by="a"),
    "span_counts": lambda it: it.span_counts(WANTED, TENANT, buckets=3),
    "logsql": lambda it: it.logsql("*", TENANT, start_ns=1, end_ns=2, limit=5),
    "aclose": lambda it: it.aclose(),
}


@pytest.mark.parametrize(("name", "ask"), QUESTIONS.items(), ids=QUESTIONS)
async def test_each_question_passes_as_it_is(name: str, ask: Callable[[Any], Any]) -> None:
    bare, before = Noting(), Noting()
    assert (await ask(guarded(before)) or []) == ([] if name == "aclose" else await ask(bare))
    if name != "aclose":
        (asked,), (expected,) = before.asked, bare.asked
        assert [one for one in asked if one is not False] == list(expected)


def test_what_the_source_says_of_itself_is_said() -> None:
    source = guarded(Noting())
    assert (source.label, source.notice) == ("noting", "not real")


async def at_once(*asks: Ask, source: Noting) -> None:
    source.may_answer = anyio.Event()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for ask in asks:
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            source.may_answer.set()


@pytest.mark.parametrize("ask", [ask for name, ask in QUESTIONS.items() if name != "aclose"])
async def test_the_same_question_at_once_goes_out_once(ask: Callable[[Any], Any]) -> None:
    source = Noting()
    guard = guarded(source)
    await at_once(*[lambda: ask(guard)] * 4, source=source)
    assert len(source.asked) == 1


async def test_callers_and_tenants_share_nothing() -> None:
    source = Noting()
    guard = guarded(source)
    views = [
        guard.on_behalf((), "ann"),
        guard.on_behalf((), "bob"),
        guard.on_behalf((("authorization", "x"),), "ann"),
        guard.on_behalf((("traceparent", "1"),), "ann"),
    ]
    assert source.whose == ((("traceparent", "1"),), "ann")
    asks = [lambda view=view: view.trace("t", TENANT) for view in views]
    await at_once(*asks, lambda: views[0].trace("t", OTHER), source=source)
    # Of the four views the last is the first one's: only the call is another.
    assert len(source.asked) == 4


async def test_a_trace_is_not_fetched_again_a_moment_later() -> None:
    source = Noting()
    guard = guarded(source)
    assert await guard.trace("t", TENANT) is await guard.trace("t", TENANT)
    assert len(source.asked) == 1
    await guard.trace("t", OTHER)
    await guard.on_behalf((), "ann").trace("t", TENANT)
    assert len(source.asked) == 3


async def test_a_list_may_be_changed_by_whoever_got_it() -> None:
    source = Noting()
    guard, got = guarded(source), []

    async def ask() -> None:
        got.append(await guard.services(TENANT))
        got[-1].append("mine")

    await at_once(ask, ask, source=source)
    assert got == [["services", "mine"]] * 2


HEAVY = (
    "failing",
    "activity",
    "span_stats",
    "field_names",
    "field_values",
    "facets",
    "spans",
    "trace_summaries",
)


@pytest.mark.parametrize("name", HEAVY)
async def test_a_wide_window_without_a_condition_is_counted_first(name: str) -> None:
    wide = GuardLimits(wide=WideWindows(DAY_NS, 1_000))
    many, few = Noting(1_001), Noting(1_000)
    asks: dict[str, Ask] = {
        "failing": lambda it, wanted: it.failing(wanted, TENANT, limit=5),
        "activity": lambda it, wanted: it.activity(wanted, TENANT),
        "span_stats": lambda it, wanted: it.span_stats(wanted, (), TENANT),
        "field_names": lambda it, wanted: it.field_names(wanted, TENANT),
        "field_values": lambda it, wanted: it.field_values(wanted, "a", TENANT, limit=5),
        "facets": lambda it, wanted: it.facets(wanted, TENANT, limit=5),
        "spans": lambda it, wanted: it.spans(wanted, TENANT, limit=5, slowest=True),
        "trace_summaries": lambda it, wanted: it.trace_summaries(wanted, TENANT, limit=5),
    }
    ask = asks[name]
    with pytest.raises(SourceError, match=r"window of 7 d holds 1,001 spans, more than the 1,000"):
        await ask(guarded(many, wide), WEEK)
    assert [one[0] for one in many.asked] == ["span_counts"]
    await ask(guarded(few, wide), WEEK)
    assert [one[0] for one in few.asked] == ["span_counts", name]
    for wanted in (
        SpanFilter(start_ns=1, end_ns=1 + DAY_NS),
        SpanFilter(start_ns=1, end_ns=1 + 7 * DAY_NS, service="cart"),
    ):
        free = Noting(1_001)
        await ask(guarded(free, wide), wanted)
        assert [one[0] for one in free.asked] == [name]


async def test_the_newest_spans_of_a_wide_window_cost_little() -> None:
    source = Noting(10**9)
    await guarded(source).spans(WEEK, TENANT, limit=1)
    assert [one[0] for one in source.asked] == ["spans"]


async def test_heavy_questions_wait_for_each_other_and_are_refused_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vtmcp.handlers.guarded_source.WAIT_S", 0.01)
    source = Noting()
    guard = guarded(source, GuardLimits(heavy_max=2))
    source.may_answer = anyio.Event()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for limit in (1, 2):
                tasks.start_soon(partial(guard.facets, WANTED, TENANT, limit=limit))
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(SourceError, match="VT_MAX_HEAVY_QUERIES"):
                await guard.logsql("*", TENANT, start_ns=1, end_ns=2, limit=3)
            source.may_answer.set()
        await guard.logsql("*", TENANT, start_ns=1, end_ns=2, limit=3)
    assert len(source.asked) == 3
