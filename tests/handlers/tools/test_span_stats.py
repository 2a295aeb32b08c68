"""`span_stats`: groups of spans beside those of another window."""

from typing import Any

import orjson
import pytest

from tests.handlers.tools.source import call, call_for_text
from tests.handlers.tools.spans_source import SpansSource, a_span, failed
from vtmcp.handlers.tools import span_stats
from vtmcp.handlers.tools.span_stats import SpanStats
from vtmcp.protocol.errors import ToolError
from vtmcp.traces.model import Span
from vtmcp.traces.spans import ROWS_MAX

pytestmark = pytest.mark.anyio

BEFORE_S, YESTERDAY_S = 5_000.0, 86_400.0 + 60.0


def healthy(first: int, count: int, **more: Any) -> list[Span]:
    return [a_span(number, **more) for number in range(first, first + count)]


SPANS = [
    *healthy(0, 80),
    *(failed(number, ago_s=61.0) for number in range(80, 100)),
    *healthy(200, 100, ago_s=BEFORE_S),
    *healthy(400, 50, service="mail", name="SEND", resource={"service.version": "2"}),
    *healthy(500, 50, service="mail", name="SEND", ago_s=BEFORE_S),
    *healthy(600, 40, ago_s=YESTERDAY_S),
]


async def lines(spans: list[Span], **arguments: Any) -> list[str]:
    return (await call_for_text(SpanStats, arguments, SpansSource(spans))).split("\n")


async def test_what_got_worse_is_told_first() -> None:
    told = await lines(SPANS, end="now-30s")
    assert told[0].startswith(
        "150 spans, 2.5/min, 13.3 % failed (before 2.5/min, 0 %): all spans, "
    )
    assert told[0].endswith("tenant 7:3; before: 2026-11-24 11:59:33Z to 12:59:33Z (1 h).")
    assert told[1] == "Errors rose, most in cart 0 % -> 20.0 % (+20)."
    assert told[2] == "Durations: no group is slower than chance explains."
    assert told[3].startswith("By service; before in brackets")
    assert told[4].startswith("cart  100 spans  1.67/min (1.67/min)  errors 20.0 % (0 %)")
    assert told[5].startswith("mail  50 spans")
    assert told[6] == 'Next: errors(end="now-30s")'


async def test_a_slower_group_is_handed_to_contrast() -> None:
    spans = [
        *healthy(0, 100, duration_ns=90_000_000),
        *healthy(200, 100, ago_s=BEFORE_S),
    ]
    told = await lines(spans, by="service,operation", tenant="7:3", end="now-30s")
    assert told[-1] == (
        'Next: contrast(end="now-30s", tenant="7:3", service="cart", operation="GET /cart",'
        ' slower_than="10ms")'
    )
    assert (await lines(spans, by=["kind"], end="now-30s"))[-1] == (
        'Next: contrast(end="now-30s", slower_than="10ms")'
    )


async def test_the_same_time_yesterday() -> None:
    told = await lines(SPANS, compare="yesterday", end="now-30s")
    assert "before: 2026-11-23 12:59:33Z to 13:59:33Z (1 h)." in told[0]
    assert told[3] == "New: mail (50 spans)."
    with pytest.raises(ToolError, match="compare=yesterday needs a window of at most a day"):
        await lines(SPANS, compare="yesterday", start="now-25h")


async def test_no_comparison() -> None:
    told = await lines(SPANS, compare="none", sort="count", end="now-30s")
    assert told[1] == "Most failures in cart 20.0 % (20)."
    assert not any("before" in line for line in told)
    assert [line.split("  ")[0] for line in told[3:]] == ["cart", "mail"]


async def test_nothing_to_compare_with() -> None:
    told = await lines(healthy(0, 40), end="now-30s")
    assert told[2] == (
        "Nothing to compare with: no span fits in 2026-11-24 11:59:33Z to 12:59:33Z (1 h)."
    )


async def test_a_window_until_now_may_miss_the_last_half_minute() -> None:
    told = await lines(healthy(0, 40, ago_s=5.0))
    assert told[3] == (
        "The last 30 s may be missing (-search.latencyOffset): rates are up to 0.8 % too low;"
        " shares and durations are not."
    )
    short = await lines(healthy(0, 40, ago_s=5.0), start="now-20s")
    assert "rates are up to 100.0 % too low" in short[3]


BY: dict[str, tuple[Any, list[str]]] = {
    "a list": (["operation", "service"], ["GET /cart, cart", "SEND, mail"]),
    "a text with commas": ("operation, service", ["GET /cart, cart", "SEND, mail"]),
    "a list as a text": ('["kind"]', ["unspecified"]),
    "a name twice": (["service", "service"], ["cart", "mail"]),
    "nothing": ([], ["all"]),
}


@pytest.mark.parametrize(("by", "groups"), BY.values(), ids=BY)
async def test_what_to_group_by(by: Any, groups: list[str]) -> None:
    told = await lines(SPANS, by=by, compare="none", sort="count", end="now-30s")
    assert [line.split("  ")[0] for line in told if " spans  " in line] == groups


async def test_too_many_names_are_refused() -> None:
    with pytest.raises(ToolError, match="argument by: 11 names; accepted: at most 10"):
        await lines(SPANS, by=",".join(f"a{n}" for n in range(11)))


async def test_a_bare_name_that_only_the_resource_has_is_found_there() -> None:
    told = await lines(SPANS, by=["service.version", "nope", "service"], compare="none")
    assert told[2:4] == [
        '"service.version" is an attribute of the resource: resource_attr:service.version.',
        'No span here has "nope"; attributes lists those there are.',
    ]
    assert any(line.startswith("2, (none), mail  50 spans") for line in told)


async def test_groups_beyond_the_limit_are_counted_and_the_call_named() -> None:
    told = await lines(SPANS, limit=1)
    assert told[-1] == "Left out: 1 groups. Next: span_stats(limit=2)"
    spans = healthy(0, 90) + [a_span(n, name=f"operation {n}") for n in range(100, 190)]
    cut = await lines(spans, by="operation", limit=100, max_bytes=1_000)
    assert cut[-1].endswith('Next: span_stats(by="operation", limit=100, max_bytes=4000)')


async def test_of_very_many_groups_the_totals_are_still_those_of_all() -> None:
    spans = [a_span(n, name=f"o{n}") for n in range(ROWS_MAX + 7)]
    spans += healthy(5_000, 5, ago_s=BEFORE_S)
    told = await lines(spans, by="operation", limit=1)
    assert told[0].startswith("1,007 spans")
    assert "More than 1,000 groups: only those with most spans are compared." in told
    assert not any(line.startswith("New: ") for line in told)


QUANTILES = dict.fromkeys(("p50_ns", "p95_ns", "p99_ns", "max_ns"), 10_000_000)


async def json(spans: list[Span], **arguments: Any) -> tuple[list[dict[str, Any]], str]:
    data, words = await call(SpanStats, {"format": "json", **arguments}, SpansSource(spans))
    return orjson.loads(data)["data"], words


async def test_figures_for_a_program() -> None:
    data, words = await json(SPANS, end="now-30s")
    assert data[0] == {
        "group": {"service": "cart"},
        "count": 100,
        "errors": 20,
        "sum_ns": 1_000_000_000,
        **QUANTILES,
        "before": {
            "count": 100,
            "errors": 0,
            "sum_ns": 1_000_000_000,
            **QUANTILES,
        },
        "excess_errors": 20.0,
        "excess_ns": 0,
    }
    assert len(data) == 2
    assert words.startswith("all spans, 2026-11-24 12:59:33Z to 13:59:33Z (1 h), tenant 7:3.")
    data, words = await json(SPANS, compare="none", limit=1)
    assert "before" not in data[0]
    assert words.endswith(
        'Left out: 1 groups. Next: span_stats(format="json", compare="none", limit=2)'
    )


async def test_figures_for_a_program_keep_to_the_room() -> None:
    spans = [a_span(n, name=f"o{n}") for n in range(90)]
    answer = await call(
        SpanStats,
        {"format": "json", "by": "operation", "max_bytes": 1_000, "limit": 90},
        SpansSource(spans),
    )
    assert sum(len(text.encode()) for text in answer) <= 1_000
    kept = len(orjson.loads(answer[0])["data"])
    assert kept > 2
    assert f"Left out: {90 - kept} groups." in answer[1]


async def test_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(tool: SpanStats, *_: object) -> str:
        return f"nothing by {tool.name}"

    monkeypatch.setattr(span_stats, "nothing_found", nothing)
    assert await lines([]) == ["nothing by span_stats"]
    assert await json([]) == ([], "nothing by span_stats")
