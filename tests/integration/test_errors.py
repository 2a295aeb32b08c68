"""`errors` and `span_stats` tell the figures of the spans that were sent, and where they began."""

import re
from collections import Counter, defaultdict
from typing import Any

import pytest

from tests.integration.asking import Answer, ask
from tests.integration.test_span_questions import computed, held, lost
from tests.integration.upstream import Upstream
from vtmcp.traces.model import Span

pytestmark = pytest.mark.anyio


async def asked(database: Upstream, tool: str, **more: Any) -> Answer:
    """The answer on the spans of this run: those whose service has a name with its suffix."""
    tags = {"resource_attr:service.name": f"~.{database.suffix}$"}
    return await ask(database.entrypoint, tool, tags=tags, **database.window, **more)


def origins(spans: list[Span]) -> list[Span]:
    """The failing spans with no failing one below, whatever is between but what says it is well.

    Found by going through all pairs, unlike in the product.
    """
    traces: defaultdict[str, dict[str, Span]] = defaultdict(dict)
    for span in sorted(spans, key=lambda span: span.start_ns):
        traces[span.trace_id].setdefault(span.span_id, span)
    found = []
    for by_id in traces.values():
        passing = set()
        for span in by_id.values():
            here = by_id.get(span.parent_span_id) if span.failed else None
            for _ in range(len(by_id)):
                if here is None or here.status == "ok" or here.failed:
                    break
                here = by_id.get(here.parent_span_id)
            if here is not None and here.failed:
                passing.add(here.span_id)
        found += [s for s in by_id.values() if s.failed and s.span_id not in passing]
    return found


async def test_failures_are_told_where_they_began(database: Upstream) -> None:
    spans = [*held(database), lost(database)]
    answer = await asked(database, "errors", limit=100)
    began = origins(spans)
    failed = sum(span.failed for span in spans)
    head = re.match(r"(\d+) failures? in (\d+) groups?, .*: (\d+) of ([\d,]+) spans", answer.text)
    assert head
    assert (int(head[1]), int(head[3])) == (len(began), failed)
    assert int(head[4].replace(",", "")) == len(spans)
    told = re.findall(r"^\d+\. x(\d+) \(.*?\) (\S+)", answer.text, re.MULTILINE)
    assert len(told) == int(head[2])
    counts: Counter[str] = Counter()
    for count, service in told:
        counts[service] += int(count)
    assert counts == Counter(span.service for span in began)


async def test_of_a_service_above_the_failures_below_are_told(database: Upstream) -> None:
    service = database.service("frontend")
    answer = await asked(database, "errors", service=service)
    traces = {span.trace_id for span in held(database) if span.service == service and span.failed}
    began = [span for span in origins(held(database)) if span.trace_id in traces]
    assert began
    assert {span.service for span in began} != {service}
    for span in began:
        assert re.search(rf"^\d+\. x\d+ .* {re.escape(span.service)} ", answer.text, re.MULTILINE)
    assert f"passed on by {database.service('checkout')}, {service}" in answer.text


async def test_figures_by_service_are_those_of_the_spans(database: Upstream) -> None:
    spans = [*held(database), lost(database)]
    answer = await asked(database, "span_stats", compare="none", sort="count", limit=100)
    rows = re.findall(r"^(.+?)  ([\d,]+) spans?  .*?errors (\S+) %", answer.text, re.MULTILINE)
    expected = {
        keys[0]: (group.count, 100 * group.errors / group.count)
        for keys, group in computed(spans, ["service"]).items()
    }
    assert len(rows) == len(expected)
    for name, count, share in rows:
        if name in expected:  # Names of strangers are told with marks.
            assert int(count.replace(",", "")) == expected[name][0]
            assert float(share) == pytest.approx(expected[name][1], abs=0.05)
    assert answer.text.startswith(f"{len(spans):,} spans, ")
