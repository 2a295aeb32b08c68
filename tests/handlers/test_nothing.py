"""An empty result is explained: which condition leaves nothing, near names, empty windows."""

from typing import Any

import anyio
import pytest

from tests.handlers.tools.source import DEFAULT_TENANT, NOW_NS, ScriptedSource
from tests.traces.samples import span
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.filters import FILTERS, span_filter
from vtmcp.handlers.library import Library
from vtmcp.handlers.nothing import NOT_READY, nothing_found
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import SourceError, Span
from vtmcp.traces.spans import Counted, Histogram, SpanFilter

pytestmark = pytest.mark.anyio

S = 1_000_000_000
MIN = 60 * S
DAY = 86_400 * S


class Asker(TraceTool):
    name = "traces"
    properties = FILTERS
    rank = 1


class Held(ScriptedSource):
    """Spans in memory, counted as a database would."""

    def __init__(self, *spans: Span, failing: tuple[str, ...] = ()) -> None:
        super().__init__(
            services=tuple(dict.fromkeys(one.service for one in spans)),
            operations=tuple(dict.fromkeys(one.name for one in spans)),
        )
        self._spans, self._broken = spans, failing
        self.hangs = False

    def _fitting(self, wanted: SpanFilter) -> list[Span]:
        return [one for one in self._spans if _fits(one, wanted)]

    async def span_counts(self, wanted: SpanFilter, *_: Any, **more: Any) -> Histogram:
        if self.hangs:
            await anyio.sleep_forever()
        if "span_counts" in self._broken:
            raise SourceError("no")
        return Histogram(wanted.start_ns, 1, (len(self._fitting(wanted)),))

    async def spans(self, wanted: SpanFilter, *_: Any, **more: Any) -> list[Any]:
        return sorted(self._fitting(wanted), key=lambda one: -one.end_ns)[:1]

    async def field_names(self, wanted: SpanFilter, *_: Any) -> list[Any]:
        return [Counted(name, 1) for one in self._fitting(wanted) for name in one.attributes]

    async def field_values(self, wanted: SpanFilter, name: str, *_: Any, **more: Any) -> list[Any]:
        found = [one.attributes.get(name, "") for one in self._fitting(wanted)]
        return [Counted(value, 1) for value in dict.fromkeys(found)]


def _fits(one: Span, wanted: SpanFilter) -> bool:
    return (
        wanted.start_ns <= one.end_ns < wanted.end_ns
        and wanted.service in ("", one.service)
        and wanted.operation in ("", one.name)
        and (one.failed or not wanted.errors_only)
        and all(one.attributes.get(name) == value for name, value in wanted.tags.items())
        and one.duration_ns >= (wanted.duration_min_ns or 0)
    )


def cart(**more: Any) -> Span:
    known = {"attributes": {"http.route": "/cart"}, "start_ns": NOW_NS - 5 * MIN}
    return span("a", **{**known, **more})


async def explained(arguments: Json, source: Held, *, answer_bytes: int = 24_000) -> str:
    desk: Any = Desk(source, Library(), DEFAULT_TENANT, answer_bytes, lambda: NOW_NS)
    tool = Asker(desk)
    with anyio.fail_after(5):
        return await nothing_found(tool, await span_filter(tool, arguments), arguments)


SAID: dict[str, tuple[Json, list[Span], tuple[str, ...]]] = {
    "the service has another name": (
        {"service": "crat"},
        [cart()],
        (
            "The window holds 1 span in all.",
            'Without service "crat": 1 span. Near names: "cart".',
            'Next: traces(service="cart")\nNext: traces()',
        ),
    ),
    "the operation has another name": (
        {"service": "cart", "operation": "GET /crat"},
        [cart()],
        (
            'Without operation "GET /crat": 1 span. No such operation occurs; near names:'
            ' "GET /cart".',
            'Without service "cart": 0 spans.',
            'Next: traces(service="cart", operation="GET /cart")',
            'Next: traces(service="cart")',
        ),
    ),
    "the operation occurs, elsewhere": (
        {"service": "cart", "operation": "GET /cart", "errors_only": True},
        [cart()],
        ("Without errors only: 1 span.", 'Without operation "GET /cart": 0 spans.'),
    ),
    "an operation of any service": (
        {"operation": "GET"},
        [cart()],
        ('Without operation "GET": 1 span.\n',),
    ),
    "the attribute has another value": (
        {"service": "cart", "tags": {"http.route": "/", "x": "y"}},
        [cart(attributes={"http.route": "/cart", "x": "y"})],
        (
            'Without "http.route"="/": 1 span. Its values there begin with: "/cart".',
            'Next: traces(service="cart", tags={"x":"y"})',
        ),
    ),
    "the attribute has another name": (
        {"tags": {"http.rout": "/cart"}},
        [cart()],
        ('1 span. No such attribute occurs; near names: "http.route".',),
    ),
    "two conditions at once": (
        {"service": "crat", "errors_only": True},
        [cart()],
        ("So no single condition is to blame: two or more of them leave nothing.",),
    ),
    "no spans in the window, and earlier ones": (
        {"service": "cart"},
        [cart(start_ns=NOW_NS - 2 * DAY)],
        (
            "In this window the tenant has no spans at all, whatever the conditions.",
            "Its newest span ended at 2026-11-22 14:00:03.010Z, 2 d ago.",
            'Next: traces(service="cart", start="2026-11-22 13:00:04.010Z",'
            ' end="2026-11-22 14:00:04.010Z") for the last 1 h that have spans',
        ),
    ),
    "a tenant of nothing": (
        {},
        [],
        (
            "In the last 30 days it has none either: is this the right tenant?",
            "Next: services()",
        ),
    ),
    "the future": (
        {"start": "now+1h", "end": "now+2h"},
        [cart()],
        ("The window is in the future; here it is 2026-11-24 14:00:03.000Z.",),
    ),
    "another unit": ({"start": 1_000, "end": 2_000}, [], ("was start given in another unit?",)),
    "the last moments": ({"start": "now-20s"}, [cart()], (NOT_READY,)),
}


@pytest.mark.parametrize(("arguments", "spans", "words"), SAID.values(), ids=SAID)
async def test_the_reason_is_said(
    arguments: Json, spans: list[Span], words: tuple[str, ...]
) -> None:
    answer = await explained(arguments, Held(*spans))
    assert answer.startswith("No spans: ")
    for expected in words:
        assert expected in answer + "\n"


async def test_what_the_source_cannot_say_is_left_out() -> None:
    answer = await explained({"service": "crat"}, Held(cart(), failing=("span_counts",)))
    assert answer.splitlines()[1:] == [
        'Next: traces(service="crat", start="now-24h")',
        "Next: services()",
    ]


async def test_services_are_asked_for_once_and_a_count_stands_without_them() -> None:
    source = Held(cart())
    await explained({"service": "crat"}, source)
    assert [asked[0] for asked in source.asked] == ["services"]
    silent = Held(cart())
    silent._failing = ("services",)
    said = 'Without service "crat": 1 span. Whether there is such a service could not be asked.'
    assert said in await explained({"service": "crat"}, silent)


async def test_a_source_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vtmcp.handlers.nothing.PATIENCE_S", 0.01)
    source = Held(cart())
    source.hangs = True
    assert "Next: " in await explained({"service": "crat"}, source)


async def test_the_answer_keeps_to_its_size_and_says_so() -> None:
    tags = {f"name{n}": "v" * 90 for n in range(8)}
    answer = await explained({"tags": tags}, Held(cart()), answer_bytes=1_200)
    assert len(answer.encode()) <= 1_200
    assert "Left out: " in answer


async def test_generated_data_is_said_to_be_generated() -> None:
    source = Held(cart())
    source.notice = "Not real."
    assert (await explained({"service": "crat"}, source)).splitlines()[1] == "Not real."
