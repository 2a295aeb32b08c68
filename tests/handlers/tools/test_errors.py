"""`errors`: where failures began, and what a reader must know of it."""

from typing import Any

import pytest

from tests.handlers.tools.source import call_for_text
from tests.handlers.tools.spans_source import SpansSource, a_span, failed
from vtmcp.handlers.tools import errors
from vtmcp.handlers.tools.errors import Errors
from vtmcp.traces.model import Span
from vtmcp.traces.origins import Failing
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio


def passed_up(number: int, **more: Any) -> list[Span]:
    """A trace of three services in which the lowest fails and all pass it on."""
    ids = [f"{number:012x}000{level}" for level in range(3)]
    services = ("web", "checkout", "bank")
    return [
        failed(
            number,
            f"card {number} declined" if level == 2 else "upstream failed",
            span_id=ids[level],
            parent_span_id=ids[level - 1] if level else "",
            service=service,
            name=more.get("operation", "POST"),
            resource={"k8s.pod.name": f"{service}-1"},
            ago_s=more.get("ago_s", 60.0),
        )
        for level, service in enumerate(services)
    ]


def healthy(first: int, count: int, **more: Any) -> list[Span]:
    return [a_span(number, **more) for number in range(first, first + count)]


BAD = [span for number in range(9) for span in passed_up(number)]
REST = [
    *healthy(100, 40, service="bank", name="POST", resource={"k8s.pod.name": "bank-2"}),
    *healthy(200, 40, service="bank", name="POST", ago_s=5_000.0),
]


async def lines(
    spans: list[Span], source: SpansSource | None = None, **arguments: Any
) -> list[str]:
    text = await call_for_text(Errors, arguments, source or SpansSource(spans))
    return text.split("\n")


async def test_an_error_passed_up_is_told_once_where_it_began() -> None:
    told = await lines([*BAD, *REST])
    assert told[0].startswith(
        "9 failures in 1 group, told where they began: 27 of 67 spans failed (40.3 %), all spans, "
    )
    assert told[0].endswith("tenant 7:3.")
    assert told[1] == '1. x9 (100.0 %) bank POST  "card <n> declined"'
    assert (
        "of this operation 9 of 49 spans failed (18.4 %), in the window before 0 of 40" in told[2]
    )
    assert told[3].startswith("   all on k8s.pod.name bank-1, which has 18.4 % of this operation's")
    assert told[4] == "   reached web POST x9 (9 of 9 failed there); passed on by checkout, web"
    assert told[5].startswith('   e.g. trace(trace_id="0000')
    assert len(told) == 6


async def test_what_no_instance_explains_is_left_to_contrast() -> None:
    told = await lines([*passed_up(1), *healthy(9, 3)], tenant="7:3", start="now-30m")
    assert told[-1] == (
        'Next: contrast(service="bank", operation="POST", start="now-30m", tenant="7:3")'
    )
    assert told[-2].endswith(', tenant="7:3")')


async def test_of_a_service_above_the_errors_below_are_told() -> None:
    told = await lines([*BAD, failed(50, "own", service="other")], service="web")
    assert 'service "web"' in told[0]
    assert told[1] == "What reached these spans from below is told where it began, wherever."
    assert told[2].startswith("1. x9 (100.0 %) bank POST")
    assert not any("other" in line for line in told)


async def test_operations_with_ids_are_looked_at_by_their_service() -> None:
    spans = [s for n in range(4) for s in passed_up(n, operation=f"GET /orders/{n}")]
    told = await lines(spans)
    assert told[1].startswith("1. x4 (100.0 %) bank GET /orders/<id>")
    assert "; of this service 4 of 4 spans failed (100.0 %)" in told[2]
    assert told[-1] == 'Next: contrast(service="bank")'


async def test_a_failure_of_no_service_is_not_looked_at_further() -> None:
    source = SpansSource([failed(1, "x", service="")])
    told = await lines([], source)
    assert told[1] == '1. x1 (100.0 %) (no service) GET /cart  "x"'
    assert [one[0] for one in source.asked] == ["span_stats", "failing"]


async def test_an_operation_outside_the_window_is_not_known() -> None:
    spans = [
        failed(1, service="web", span_id="a", parent_span_id="", ago_s=10),
        failed(1, service="bank", span_id="b", parent_span_id="a", ago_s=70),
    ]
    told = await lines(spans, start="now-30s")
    assert told[1].startswith("1. x1 (100.0 %) bank")
    assert "of this operation" not in told[2]


async def test_healthy_spans() -> None:
    (told,) = await lines(healthy(1, 5), service="cart")
    assert told.startswith('No errors: 0 of 5 spans failed (0 %), service "cart", ')


async def test_nothing_at_all() -> None:
    source = SpansSource([])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(errors, "nothing_found", nothing)
        assert await lines([], source) == ["nothing by errors"]


async def nothing(tool: Errors, wanted: SpanFilter, arguments: dict[str, Any]) -> str:
    assert wanted.end_ns > wanted.start_ns
    return f"nothing by {tool.name}"


async def test_groups_beyond_the_limit_are_counted_and_the_call_named() -> None:
    spans = [failed(n, "word " * n) for n in range(1, 6)]
    told = await lines(spans, limit=2)
    assert told[-1] == "Left out: 3 groups of failures. Next: errors(limit=5)"
    cut = await lines(spans, limit=5, max_bytes=1_000)
    assert cut[-1].endswith("groups of failures. Next: errors(limit=5, max_bytes=4000)")


class Cut(SpansSource):
    """Knows of more failing spans than it reads."""

    async def failing(self, wanted: SpanFilter, tenant: Tenant, *, limit: int) -> Failing:
        found = await super().failing(wanted, tenant, limit=limit)
        return found._replace(fitting=found.fitting[:2], is_whole=False)


async def test_a_sample_is_called_one() -> None:
    told = await lines([], Cut([failed(n, "x") for n in range(7)]))
    assert told[1:3] == [
        "A sample: groups and shares are of the newest 2 of 7 failing spans.",
        "Not all spans between were read: some groups may only pass an error on.",
    ]
