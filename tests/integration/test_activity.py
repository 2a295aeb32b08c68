"""What groups of spans did is what the spans say that were sent, whoever sums it up."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.test_span_questions import READ, held, lost, source, wanted
from tests.integration.upstream import Upstream
from vtmcp.traces.activity import OVER_NS, Activity
from vtmcp.traces.model import Span
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

MS = 1_000_000
VERSION = "resource_attr:service.version"

CASES: dict[str, dict[str, Any]] = {
    "failures": {},
    "what is slow": {"slower_than_ns": 50 * MS},
    "versions": {"also_by": VERSION},
    "kinds, twice": {"also_by": "kind"},
    "one service": {"service": "payment"},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_groups_are_the_sums_of_their_spans(database: Upstream, case: dict[str, Any]) -> None:
    asked_for = dict(case)
    service = asked_for.pop("service", "")
    filter_ = wanted(database, service=database.service(service) if service else "")
    async with source(database) as asked:
        found = await asked.activity(filter_, Tenant(), **asked_for)
    counts = [group.count for group in found]
    assert counts == sorted(counts, reverse=True)
    assert all(group.first_ns <= group.last_ns for group in found)
    told = {(*group.key, group.also): _timeless(group) for group in found}
    # Where it is recorded, the lost span is told with the id of the trace that it was made from.
    spans = [*held(database), replace(lost(database), trace_id="lost")]
    expected = computed(spans, filter_.service, **asked_for)
    assert {key: replace(group, squares_ms2=0.0) for key, group in told.items()} == {
        key: replace(group, squares_ms2=0.0) for key, group in expected.items()
    }
    for key, group in told.items():
        assert group.squares_ms2 == pytest.approx(expected[key].squares_ms2, rel=1e-6, abs=1e-6)


def _timeless(group: Activity) -> Activity:
    return replace(group, first_ns=0, last_ns=0)


def computed(
    spans: list[Span], service: str, *, slower_than_ns: int | None = None, also_by: str = ""
) -> dict[tuple[str, ...], Activity]:
    """The same figures, without any of the code under test."""

    def is_bad(span: Span) -> bool:
        return span.failed if slower_than_ns is None else span.duration_ns >= slower_than_ns

    passed_on = {span.parent_span_id for span in spans if is_bad(span)}
    groups: defaultdict[tuple[str, ...], list[Span]] = defaultdict(list)
    for span in spans:
        if service in ("", span.service):
            also = READ[also_by](span) if also_by else ""
            groups[span.service, span.name, span.kind, also].append(span)
    return {key: _activity(key, members, is_bad, passed_on) for key, members in groups.items()}


def _activity(
    key: tuple[str, ...], spans: list[Span], is_bad: Any, passed_on: set[str]
) -> Activity:
    origins = [span for span in spans if is_bad(span) and span.span_id not in passed_on]
    roots = [span for span in spans if not span.parent_span_id]
    lasting = [span for span in spans if span.duration_ns >= 0]
    return Activity(
        service=key[0],
        operation=key[1],
        kind=key[2],
        also=key[3],
        count=len(spans),
        bad=sum(map(is_bad, spans)),
        origins=len(origins),
        origin_traces=len({span.trace_id for span in origins}),
        traces=len({span.trace_id for span in spans}),
        roots=len(roots),
        bad_roots=sum(map(is_bad, roots)),
        roots_ns=sum(span.duration_ns for span in roots if span.duration_ns >= 0),
        sum_ns=sum(span.duration_ns for span in lasting),
        squares_ms2=sum((span.duration_ns / MS) ** 2 for span in lasting),
        over=tuple(sum(span.duration_ns >= bound for span in lasting) for bound in OVER_NS),
    )
