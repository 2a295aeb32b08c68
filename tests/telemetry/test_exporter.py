"""Batches to a collector: sent, tried again, dropped with a count, and never waited for."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import orjson
import pytest

from vtmcp.posting import Answer, ExchangeError
from vtmcp.telemetry import exporter as exporter_module
from vtmcp.telemetry.exporter import BATCH_SPANS_MAX, QUEUE_SPANS_MAX, Exporter, Told
from vtmcp.traces.model import Span

pytestmark = pytest.mark.anyio

NEVER_S = 3_600.0
"""An interval that no test waits for."""

SOON_S = 0.001

OK = Answer(200, b"{}")


def span(number: int) -> Span:
    return Span(
        trace_id="ab" * 16,
        span_id=f"{number + 1:016x}",
        service="",
        name=str(number),
        start_ns=1,
        duration_ns=1,
    )


class Collector:
    """Answers what it is told to, then OK; a stop of an exporter waits for it, if it hangs."""

    def __init__(self, *answers: Answer | str) -> None:
        self.batches: list[list[str]] = []
        self.taken = 0
        self.asked = anyio.Event()
        self.news = anyio.Event()
        self.free: anyio.Event | None = None
        self._answers = list(answers)

    async def post(self, body: bytes) -> Answer:
        resources: list[Any] = orjson.loads(body)["resourceSpans"]
        names = [s["name"] for r in resources for scope in r["scopeSpans"] for s in scope["spans"]]
        self.batches.append(names)
        self.asked.set()
        if self.free is not None:
            await self.free.wait()
        answer = self._answers.pop(0) if self._answers else OK
        self.news.set()
        self.news = anyio.Event()
        if isinstance(answer, str):
            raise ExchangeError(answer)
        self.taken += answer.status == 200
        return answer

    async def until(self, is_so: Callable[[], bool]) -> None:
        with anyio.fail_after(5):
            while not is_so():
                await self.news.wait()


class Operator:
    """Hears what the operator hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.told = Told(self.heard.append, lambda: self.heard.append("working"), self.heard.append)


async def exported(
    collector: Collector,
    spans: Iterable[Span],
    *,
    interval_s: float = NEVER_S,
    then: Callable[[], Awaitable[None]] | None = None,
) -> list[object]:
    """Put the spans while it runs, and then do something; return what the operator heard."""
    operator = Operator()
    made = Exporter(collector.post, operator.told, interval_s=interval_s, closing_s=0.2)
    with anyio.fail_after(5):
        async with made.running():
            for one in spans:
                made.put(one)
            if then is not None:
                await then()
    return operator.heard


async def test_what_is_left_is_sent_at_the_end() -> None:
    collector = Collector()
    assert await exported(collector, [span(1), span(2)]) == []
    assert collector.batches == [["1", "2"]]


async def test_nothing_is_sent_where_there_is_nothing() -> None:
    collector = Collector()
    assert await exported(collector, []) == []
    assert collector.batches == []


async def test_what_was_put_before_it_runs_is_sent_too() -> None:
    collector = Collector()
    made = Exporter(collector.post, interval_s=SOON_S)
    made.put(span(7))
    async with made.running():
        await collector.until(lambda: collector.taken == 1)
    assert collector.batches == [["7"]]


async def test_spans_are_sent_after_an_interval() -> None:
    collector = Collector()

    async def sent() -> None:
        await collector.until(lambda: collector.taken == 1)

    await exported(collector, [span(1)], interval_s=SOON_S, then=sent)
    assert collector.batches == [["1"]]


async def test_a_full_batch_is_sent_at_once() -> None:
    collector = Collector()

    async def sent() -> None:
        await collector.until(lambda: collector.taken == 2)

    await exported(collector, map(span, range(BATCH_SPANS_MAX + 3)), then=sent)
    assert [len(batch) for batch in collector.batches] == [BATCH_SPANS_MAX, 3]


FAILURES: dict[str, tuple[Answer | str, str]] = {
    "no connection": ("it cannot be connected to", "it cannot be connected to"),
    "a collector that is busy": (Answer(429, b""), "the answer is 429"),
    "a gateway without one": (Answer(503, b""), "the answer is 503"),
}


@pytest.mark.parametrize(("answer", "reason"), FAILURES.values(), ids=FAILURES)
async def test_tried_again_after(answer: Answer | str, reason: str) -> None:
    collector = Collector(answer, answer)

    async def sent() -> None:
        await collector.until(lambda: collector.taken == 1)

    heard = await exported(collector, [span(1)], interval_s=SOON_S, then=sent)
    assert collector.batches == [["1"]] * 3
    assert heard == [reason, "working"]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 413, 500])
async def test_what_would_be_refused_again_is_dropped(status: int) -> None:
    collector = Collector(Answer(status, b"why"))
    heard = await exported(collector, map(span, range(BATCH_SPANS_MAX + 2)))
    assert [len(batch) for batch in collector.batches] == [BATCH_SPANS_MAX, 2]
    assert heard == [f"the answer is {status}", "working", BATCH_SPANS_MAX]


async def test_what_finds_no_room_is_dropped_and_counted() -> None:
    collector = Collector()
    heard = await exported(collector, map(span, range(QUEUE_SPANS_MAX + 5)))
    sent = [name for batch in collector.batches for name in batch]
    assert sent == [str(number) for number in range(QUEUE_SPANS_MAX)]
    assert heard == [5]


async def test_what_is_not_taken_in_the_end_is_counted() -> None:
    down = "it cannot be connected to"
    collector = Collector(down)
    assert await exported(collector, map(span, range(3))) == [down, 3]
    assert len(collector.batches) == 1


async def test_a_collector_that_hangs_holds_up_the_end_no_longer_than_its_time() -> None:
    collector = Collector()
    collector.free = anyio.Event()
    heard = await exported(collector, [span(1)], then=None)
    assert heard == [1]


async def test_a_batch_under_way_at_the_end_is_sent_once() -> None:
    collector = Collector()
    collector.free = anyio.Event()

    async def ending() -> None:
        await collector.asked.wait()
        assert collector.free is not None
        collector.free.set()

    await exported(collector, [span(1)], interval_s=SOON_S, then=ending)
    assert collector.batches == [["1"]]


async def test_whoever_serves_within_gets_its_own_error_back() -> None:
    made = Exporter(Collector().post)
    with pytest.raises(KeyError, match="mine"):
        async with made.running():
            raise KeyError("mine")


def test_pauses_grow_to_a_bound() -> None:
    made = Exporter(Collector().post)
    pauses = []
    for made._failures in range(17):
        pauses.append(made._pause_s())
    assert pauses[:4] == [5.0, 10.0, 20.0, 40.0]
    assert set(pauses[4:]) == {exporter_module.PAUSE_S_MAX}
