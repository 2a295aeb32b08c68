"""`attributes`: names with counts and examples, values of one name, and names that do not occur."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.handlers.tools.empty import EmptySource
from tests.handlers.tools.source import (
    DEFAULT_TENANT,
    HIDDEN,
    HOSTILE,
    NOW_NS,
    WIDE,
    ScriptedSource,
    call_for_text,
)
from vtmcp.handlers.tools.attributes import Attributes, near_names
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import SourceError
from vtmcp.traces.spans import ROWS_MAX, Counted, Facet, SpanFilter, SpanStats
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

HOUR = 3_600_000_000_000
ANY = SpanFilter(start_ns=NOW_NS - HOUR, end_ns=NOW_NS)
WINDOW = "2026-11-24 13:00:03Z to 14:00:03Z (1 h), tenant 7:3"

NAMES = [
    Counted("http.route", 60),
    Counted("resource_attr:host.name", 50),
    Counted("db.statement", 9),
]
FACETS = [
    Facet("http.route", (Counted("/a", 40), Counted("/b", 20))),
    Facet("kind", (Counted("server", 100),)),
    Facet("service", (Counted("cart", 100),)),
]


class Spans(ScriptedSource):
    """A hundred spans with these names, and these values of whichever name is asked for."""

    def __init__(self, *values: Counted, names: Sequence[Counted] = NAMES, **more: Any) -> None:
        super().__init__(**more)
        self._names, self._values = list(names), list(values)

    async def span_stats(
        self, wanted: SpanFilter, by: Sequence[str], tenant: Tenant, **more: Any
    ) -> list[SpanStats]:
        self._ask("span_stats", wanted, list(by), tenant)
        return [SpanStats((), 100, 0, 0, 0, 0, 0, 0)]

    async def field_names(self, wanted: SpanFilter, tenant: Tenant) -> list[Counted]:
        self._ask("field_names", wanted, tenant)
        return self._names

    async def field_values(
        self, wanted: SpanFilter, name: str, tenant: Tenant, *, limit: int
    ) -> list[Counted]:
        self._ask("field_values", wanted, name, tenant, limit)
        return self._values[:limit]

    async def facets(self, wanted: SpanFilter, tenant: Tenant, *, limit: int) -> list[Facet]:
        self._ask("facets", wanted, tenant, limit)
        return FACETS


async def test_names_come_with_counts_shares_and_examples() -> None:
    source = Spans(notice="Demo data.")
    text = await call_for_text(Attributes, {}, source)
    assert text.splitlines() == [
        f"3 attributes in 100 spans: all spans, {WINDOW}.",
        "Demo data.",
        'service  every span  "cart" x100',
        'kind  every span  "server" x100',
        'http.route  60 spans (60 %)  "/a" x40, "/b" x20',
        "resource_attr:host.name  50 spans (50 %)",
        "db.statement  9 spans (9 %)",
        'Next: attributes(name="http.route") for all values of one,'
        " then traces(tags={name: value})",
    ]
    assert source.asked == [
        ("span_stats", ANY, [], DEFAULT_TENANT),
        ("field_names", ANY, DEFAULT_TENANT),
        ("facets", ANY, DEFAULT_TENANT, 4),
    ]


async def test_only_spans_that_fit_are_looked_at() -> None:
    source = Spans()
    arguments = {"service": "cart", "errors_only": True, "tags": {"a": 1}, "tenant": "1:2"}
    text = await call_for_text(Attributes, arguments, source)
    wanted = replace(ANY, service="cart", errors_only=True, tags={"a": "1"})
    assert [asked[1] for asked in source.asked] == [wanted] * 3
    assert source.asked[1][2] == Tenant(1, 2)
    assert 'service "cart", "a"="1", errors only, 2026' in text.splitlines()[0]
    assert 'service="cart", errors_only=true, tags={"a":1}, tenant="1:2")' in text


async def test_names_are_filtered_by_a_part_in_any_case() -> None:
    lines = (await call_for_text(Attributes, {"filter": "HOST"}, Spans())).splitlines()
    assert lines == [
        f'1 attribute in 100 spans: with "HOST" in it, all spans, {WINDOW}.',
        "resource_attr:host.name  50 spans (50 %)",
        'Next: attributes(name="resource_attr:host.name") for all values of one,'
        " then traces(tags={name: value})",
    ]


async def test_a_part_that_is_in_no_name_leads_to_all_names() -> None:
    lines = (await call_for_text(Attributes, {"filter": "zebra"}, Spans())).splitlines()
    assert lines[0].startswith('0 attributes in 100 spans: with "zebra" in it')
    assert lines[1:] == ["Next: attributes()"]


async def test_names_beyond_the_limit_are_counted_with_the_next_call() -> None:
    text = await call_for_text(Attributes, {"limit": 1}, Spans())
    assert "Not listed, beyond the limit: 2 names. Next: attributes(limit=1000)" in text
    names = [Counted(f"a{number}", 1) for number in range(ROWS_MAX)]
    text = await call_for_text(Attributes, {"limit": 1000, "max_bytes": 1000}, Spans(names=names))
    assert text.startswith("at least 1,000 attributes")
    assert "Next: attributes(limit=1000, max_bytes=4000)" in text
    assert len(text.encode()) <= 1000


async def test_values_come_with_counts_and_the_search_for_one() -> None:
    source = Spans(Counted("/a", 40), Counted("/b", 20))
    text = await call_for_text(Attributes, {"name": "http.route", "limit": 1}, source)
    assert text.splitlines() == [
        f"http.route: 2 values in 60 of 100 spans (60 %): all spans, {WINDOW}.",
        '"/a"  40 spans (40 %)',
        'Not listed, beyond the limit: 1 values. Next: attributes(name="http.route", limit=1000)',
        'Next: traces(tags={"http.route":"/a"})',
    ]
    assert source.asked[1:] == [("field_values", ANY, "http.route", DEFAULT_TENANT, ROWS_MAX + 1)]


async def test_more_values_than_can_be_counted() -> None:
    values = [Counted(f"v{number}", 1) for number in range(ROWS_MAX + 5)]
    arguments = {"name": "user.id", "limit": 1000, "max_bytes": 2000}
    text = await call_for_text(Attributes, arguments, Spans(*values))
    assert text.startswith("user.id: more than 1,000 values: ")
    assert "Not listed, beyond the limit: 1 values.\n" in text


CALLS: dict[str, tuple[str, str, Json, str]] = {
    "an attribute": ("a", "b", {}, 'traces(tags={"a":"b"})'),
    "beside the conditions that hold": (
        "a",
        "b",
        {"service": "cart", "tags": {"c": "d"}, "start": "now-6h", "limit": 3, "filter": "B"},
        'traces(service="cart", start="now-6h", tags={"c":"d","a":"b"})',
    ),
    "a service": ("service", "cart", {}, 'traces(service="cart")'),
    "an operation": ("operation", "GET /", {}, 'traces(operation="GET /")'),
    "a kind": ("kind", "server", {}, 'traces(tags={"span.kind":"server"})'),
    "a status": ("status", "ok", {}, 'traces(tags={"error":"false"})'),
    "a value that would be an expression": (
        "a",
        "~b.c",
        {},
        r'traces(tags={"a":"~^\\~b\\.c$"})',
    ),
    "a value too long to be repeated": ("a", "b" * 201, {}, ""),
}


@pytest.mark.parametrize(("name", "value", "more", "text"), CALLS.values(), ids=CALLS)
async def test_the_next_call_finds_traces_with_the_value(
    name: str, value: str, more: Json, text: str
) -> None:
    source = Spans(Counted(value, 9))
    answer = await call_for_text(Attributes, {"name": name, **more}, source)
    last = answer.splitlines()[-1]
    assert last == (f"Next: {text}" if text else answer.splitlines()[1])


NARROWED: dict[str, tuple[str, Json, Json]] = {
    "an attribute": ("http.route", {}, {"http.route": "~(?i)/A\\."}),
    "a service": ("service", {}, {"resource_attr:service.name": "~(?i)/A\\."}),
    "an operation, which no tag names": ("operation", {}, {}),
    "a kind, which is stored as a number": ("kind", {}, {}),
    "the same by another name": ("span.kind", {}, {}),
    "a name with a condition of its own": ("a", {"tags": {"a": "~b"}}, {"a": "~b"}),
}


@pytest.mark.parametrize(("name", "more", "tags"), NARROWED.values(), ids=NARROWED)
async def test_values_are_filtered_where_the_spans_are_if_that_can_be(
    name: str, more: Json, tags: Json
) -> None:
    source = Spans(Counted("x/a.", 5), Counted("y", 4))
    text = await call_for_text(Attributes, {"name": name, "filter": "/A.", **more}, source)
    assert source.asked[1][1] == replace(ANY, tags=tags)
    assert f'{name}: 1 value in 5 of 100 spans (5 %): with "/A." in it, ' in text
    assert '"y"' not in text


async def test_a_part_that_is_in_no_value_leads_to_all_values() -> None:
    arguments = {"name": "http.route", "filter": "zebra"}
    text = await call_for_text(Attributes, arguments, Spans(Counted("/a", 1), notice="Demo data."))
    assert text.splitlines() == [
        f'No value of "http.route" holds "zebra" in 100 spans: all spans, {WINDOW}.',
        "Demo data.",
        'Next: attributes(name="http.route")',
    ]


async def test_a_name_that_does_not_occur_gets_near_ones() -> None:
    lines = (await call_for_text(Attributes, {"name": "host.name"}, Spans())).splitlines()
    assert lines == [
        f'No attribute "host.name" in 100 spans: all spans, {WINDOW}.',
        'Near names: "resource_attr:host.name".',
        'Next: attributes(name="resource_attr:host.name")',
    ]
    lines = (await call_for_text(Attributes, {"name": "zzz", "limit": 5}, Spans())).splitlines()
    assert lines[1:] == ["Next: attributes(limit=5)"]


NEAR: dict[str, tuple[str, list[str], list[str]]] = {
    "another scope": (
        "host",
        ["resource_attr:host", "scope_attr:host", "a"],
        ["resource_attr:host", "scope_attr:host"],
    ),
    "a misspelling": ("http.rute", ["http.route", "db.name"], ["http.route"]),
    "a part, in another case": ("STATEMENT", ["db.statement", "a"], ["db.statement"]),
    "the same comes before a part": ("a", ["ab", "resource_attr:a"], ["resource_attr:a", "ab"]),
    "what has another name here": ("service.name", ["service.names"], ["service"]),
    "nothing": ("zzz", ["http.route"], []),
    "no more than a few": ("a", [f"a{n}" for n in range(9)], ["a0", "a1", "a2", "a3", "a4"]),
}


@pytest.mark.parametrize(("name", "names", "near"), NEAR.values(), ids=NEAR)
def test_near_names(name: str, names: list[str], near: list[str]) -> None:
    assert near_names(name, names) == near


@pytest.mark.parametrize("arguments", [{}, {"name": "a"}, {"filter": "a"}])
async def test_no_spans_are_told_as_every_tool_tells_it(arguments: Json) -> None:
    text = await call_for_text(Attributes, arguments, EmptySource())
    assert text.startswith("No spans: all spans, ")


class Refusing(Spans):
    async def field_values(self, *asked: Any, **more: Any) -> list[Counted]:
        raise SourceError("an attribute is named that VT_HIDDEN_FIELDS hides; use others")


async def test_a_hidden_name_is_refused() -> None:
    with pytest.raises(ToolError, match="VT_HIDDEN_FIELDS"):
        await call_for_text(Attributes, {"name": "user.id"}, Refusing())


@pytest.mark.parametrize("limit", [0, 1001])
async def test_limits_are_checked(limit: int) -> None:
    with pytest.raises(ToolError, match="argument limit"):
        await call_for_text(Attributes, {"limit": limit}, Spans())


async def test_hostile_text_is_harmless_and_short_wherever_it_stands() -> None:
    source = Spans(Counted(HOSTILE, 1), Counted(WIDE * 900, 1), names=[Counted(HOSTILE, 3)])
    for arguments in ({}, {"name": HOSTILE}, {"name": HOSTILE, "filter": "no such"}):
        text = await call_for_text(Attributes, {**arguments, "max_bytes": 1000}, source)
        assert len(text.encode()) <= 1000
        assert not [char for char in HIDDEN if char in text]
        assert not [line for line in text.splitlines() if line.startswith("Ignore")]
