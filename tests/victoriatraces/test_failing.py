"""Failing spans and their kin: what is asked of the database, how often, and what is kept."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.victoriatraces.test_span_questions import NOW_NS, TENANT, WANTED, S, ask, lines, queries
from vtmcp.traces.model import SourceError
from vtmcp.traces.origins import Failing, origins_of
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.summary import Failure, exception_of
from vtmcp.traces.trace_set import MARGIN_NS
from vtmcp.victoriatraces import failing
from vtmcp.victoriatraces.trace_sets import TRACES_A_QUERY

pytestmark = pytest.mark.anyio


def row(span_id: str, parent: str = "", *, trace_id: str = "t", **more: str) -> dict[str, str]:
    """A failing span, as the database tells one."""
    times = {"start_time_unix_nano": str(NOW_NS - 60 * S), "duration": "10"}
    own = {"trace_id": trace_id, "span_id": span_id, "parent_span_id": parent, "name": "GET"}
    return {**own, **times, "status_code": "2", "resource_attr:service.name": "cart", **more}


async def failing_spans(
    *answers: bytes, limit: int = 9, wanted: SpanFilter = WANTED, **settings: Any
) -> tuple[Any, list[str]]:
    return await ask(
        lambda source: source.failing(wanted, TENANT, limit=limit), *answers, **settings
    )


async def test_nothing_that_fails_is_asked_for_once() -> None:
    found, targets = await failing_spans(lines())
    assert found == Failing((), ())
    (query,) = queries(targets)
    assert query.startswith(
        "trace_id:* status_code:=2 | sort by (_time desc, span_id) limit 9 | fields "
    )
    assert '"event:event_attr:exception.type:0"' in query
    assert '"event:0:event_attr:exception.type"' in query


async def test_a_chain_of_failures_needs_no_skeleton() -> None:
    chain = lines(row("b", "a"), row("a"))
    found, targets = await failing_spans(lines(row("b", "a")), chain)
    assert [span.span_id for span in found.fitting] == ["b"]
    assert {span.span_id for span in found.kin} == {"a", "b"}
    assert (found.bones, found.is_whole) == ((), True)
    window = f"_time:[{WANTED.start_ns}, {WANTED.end_ns})"
    assert queries(targets)[1].startswith(
        f"trace_id:in(trace_id:* status_code:=2 {window} | fields trace_id)"
        ' (status_code:=2 or parent_span_id:="") | limit 40000 | fields '
    )
    asked = dict(parse_qsl(urlsplit(targets[1]).query))
    assert int(asked["start"]) == WANTED.start_ns - MARGIN_NS
    assert int(asked["end"]) == WANTED.end_ns + MARGIN_NS - 1


async def test_between_failures_that_nothing_joins_a_skeleton_is_read() -> None:
    kin = lines(row("a"), row("c", "b"))
    bones = lines(
        row("a"), row("b", "a", status_code="0"), row("c", "b"), row("d", "b", status_code="1")
    )
    found, targets = await failing_spans(kin, kin, lines({"trace_id": "t", "n": "4"}), bones)
    assert [one.span_id for one in found.bones] == ["a", "b", "c", "d"]
    assert [one.is_ok for one in found.bones] == [False, False, False, True]
    assert [one.span.span_id for one in origins_of(found)] == ["c"]
    assert queries(targets)[2:] == [
        'trace_id:in("t") | stats by (trace_id) count() n',
        'trace_id:in("t") | limit 50000 | fields trace_id, span_id, parent_span_id, status_code',
    ]


@pytest.mark.parametrize("size", ["", "\u00b2", "many", "9" * 400, "-1"])
async def test_a_size_that_is_none_is_that_of_a_trace_too_large(size: str) -> None:
    kin = lines(row("x", trace_id="t0"), row("y", trace_id="t0"))
    found, targets = await failing_spans(kin, kin, lines({"trace_id": "t0", "n": size}))
    assert found.bones == ()
    assert len(targets) == 3


async def test_of_large_traces_the_smallest_are_read() -> None:
    kin = lines(*(row(f"{n}", "gone", trace_id=f"t{n // 2}") for n in range(4)))
    sizes = lines({"trace_id": "t0", "n": "50000"}, {"trace_id": "t1", "n": "9"})
    found, targets = await failing_spans(kin, kin, sizes, lines(row("x", trace_id="t1")))
    assert queries(targets)[3].startswith('trace_id:in("t1") ')
    assert len(found.bones) == 1
    assert not found.is_whole


async def test_traces_are_named_by_parts() -> None:
    count = TRACES_A_QUERY + 1
    pairs = ((f"{n}", f"t{n:032}") for n in range(count) for _ in range(2))
    kin = lines(*(row(f"{n}-{place}", "gone", trace_id=t) for place, (n, t) in enumerate(pairs)))
    sizes = [{"trace_id": f"t{n:032}", "n": "2"} for n in range(count)]
    found, targets = await failing_spans(
        kin, kin, lines(*sizes[:-1]), lines(sizes[-1]), lines(), lines(), limit=10_000
    )
    assert found.is_whole
    assert [query.count('"t') for query in queries(targets)[2:]] == [400, 1, 400, 1]


async def test_of_many_failures_the_newest_and_their_traces_are_read() -> None:
    old = row("old", start_time_unix_nano=str(NOW_NS - 90 * S))
    found, targets = await failing_spans(lines(old, row("new")), lines(), limit=2)
    assert [span.span_id for span in found.fitting] == ["new", "old"]
    assert f"_time:[{NOW_NS - 90 * S + 10}, {WANTED.end_ns})" in queries(targets)[1]
    _, targets = await failing_spans(lines(), limit=10**9)
    assert f"limit {failing.FITTING_MAX} " in queries(targets)[0]


async def test_kin_that_was_cut_is_not_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "KIN_MAX", 1)
    found, _ = await failing_spans(lines(row("a")), lines(row("a")))
    assert not found.is_whole


EXCEPTIONS = {
    "an old version": ("event:0:event_name", "event:0:event_attr:exception.{}"),
    "a new version": ("event:event_name:0", "event:event_attr:exception.{}:0"),
}


@pytest.mark.parametrize(("name", "attribute"), EXCEPTIONS.values(), ids=EXCEPTIONS)
async def test_exceptions_of_all_versions_are_read(name: str, attribute: str) -> None:
    more = {name: "exception", attribute.format("type"): "E", attribute.format("message"): "no"}
    one = lines(
        row("a", **more, **{"resource_attr:k8s.pod.name": "p", "span_attr:error.type": "x"})
    )
    found, _ = await failing_spans(one, one)
    (span,) = found.fitting
    assert exception_of(span) == Failure("E", "no")
    assert (span.resource, span.attributes) == ({"k8s.pod.name": "p"}, {"error.type": "x"})


async def test_what_is_hidden_stays_hidden() -> None:
    more = {"resource_attr:k8s.pod.name": "p", "status_message": "secret"}
    one = lines(row("a", **more))
    found, _ = await failing_spans(one, one, hidden_fields=("*.pod.name", "status_message"))
    for span in (*found.fitting, *found.kin):
        assert (span.resource, span.status_message) == ({}, "")


async def test_a_filter_by_what_is_hidden_is_never_sent() -> None:
    wanted = SpanFilter(start_ns=1, end_ns=2, tags={"user.id": "u"})
    found, targets = await failing_spans(wanted=wanted, hidden_fields=("user.*",))
    assert isinstance(found, SourceError)
    assert targets == []
