"""`triage` where no one operation has the failures, whom failing calls go to, and other traffic."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.handlers.tools.source import NOW_NS, ScriptedSource, call_for_text
from tests.traces.activities import group, root
from vtmcp.handlers.tools.triage import LAG_NS, Triage
from vtmcp.traces.activity import Activity
from vtmcp.traces.spans import Counted, Facet, SpanFilter
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

NODE = "resource_attr:k8s.node.name"


class Grouped(ScriptedSource):
    """Answers with these groups of the window, and with others of each window before."""

    def __init__(
        self, now: Sequence[Activity], then: Sequence[Activity], facets: tuple[Facet, Facet]
    ) -> None:
        super().__init__()
        self._now, self._then, self._shared = now, then, facets

    async def activity(
        self, wanted: SpanFilter, tenant: Tenant, *, also_by: str = "", **more: Any
    ) -> list[Activity]:
        self._ask("activity", wanted, also_by)
        is_now = wanted.end_ns == NOW_NS - LAG_NS
        groups = self._now if is_now else self._then
        if also_by == NODE:
            return [
                part
                for one in groups
                for part in (
                    group(" ".join(one.key), 20, failing=one.origin_traces, also="node-1"),
                    group(" ".join(one.key), one.count - 20, also="node-2"),
                )
            ]
        return [one for one in groups if wanted.service in ("", one.service)]

    async def facets(self, wanted: SpanFilter, tenant: Tenant, *, limit: int) -> list[Facet]:
        self._ask("facets", wanted)
        failing, whole = self._shared
        found = failing if wanted.errors_only else whole
        counts = sum(one.count for one in found.values)
        return [found, Facet("kind", (Counted(wanted.tags["span.kind"], counts),))]


def pages(failing: int) -> list[Activity]:
    return [root(f"web page{number} server", 100, failing=failing) for number in range(6)]


async def test_failures_of_several_operations_are_those_of_their_service() -> None:
    facets = (
        Facet(NODE, (Counted("node-1", 24),)),
        Facet(NODE, (Counted("node-1", 120), Counted("node-2", 480))),
    )
    source = Grouped(pages(4), pages(0), facets)
    text = await call_for_text(Triage, {}, source)
    assert text.startswith(
        "Most likely: service web fails of itself in several operations (server): in 4 % of 600"
        " requests (0 % before, 0 % yesterday), 24 more than usual; 100 % of it began where"
        ' resource_attr:k8s.node.name="node-1"'
    )
    assert '\nNext: contrast(service="web", start=' in text
    asked = [one for one in source.asked if one[0] == "facets"]
    assert {(one[1].service, one[1].tags["span.kind"]) for one in asked} == {("web", "server")}


TARGETS: dict[str, tuple[str, int, str]] = {
    "a call": ("client", 12, '; 100 % of them are calls of server.address="profile"'),
    "what is served": ("server", 12, ""),
    "calls of several": ("client", 6, ""),
}


@pytest.mark.parametrize(("kind", "count", "words"), TARGETS.values(), ids=TARGETS)
async def test_whom_failing_calls_go_to(kind: str, count: int, words: str) -> None:
    name, entry = f"booking GET {kind}", root("web page server", 300)
    facets = (
        Facet("server.address", (Counted("profile", count), Counted("cart", 12 - count))),
        Facet("server.address", (Counted("profile", 150), Counted("cart", 150))),
    )
    if count == 12:
        facets = (facets[0], Facet("server.address", (Counted("profile", 300),)))
    source = Grouped([entry, group(name, 300, failing=12)], [entry, group(name, 300)], facets)
    text = await call_for_text(Triage, {}, source)
    first = text.split("\n")[0]
    assert first.startswith(f"Most likely: booking GET ({kind}) fails of itself: 4 % of 300 (")
    assert first.endswith(f"12 more than usual{words}.")


async def test_traffic_that_is_another_is_in_the_verdict_where_nothing_else_is() -> None:
    nothing = (Facet(NODE, ()), Facet(NODE, ()))
    source = Grouped([root("web page server", 900)], [root("web page server", 300)], nothing)
    text = await call_for_text(Triage, {}, source)
    assert text.startswith(
        "No group of spans fails more, takes longer or is missing, but traffic is another: traffic"
        " of service web: 900 served, 300 expected (3x).\n"
    )


async def test_two_causes_are_looked_into_and_the_third_is_named() -> None:
    entry = root("web page server", 300)
    calls = [group(f"{service} GET client", 300) for service in ("a", "b", "c")]
    counts = (200, 90, 50)
    failing = [
        group(" ".join(one.key), 300, failing=count)
        for one, count in zip(calls, counts, strict=True)
    ]
    facets = (
        Facet("server.address", (Counted("profile", 200),)),
        Facet("server.address", (Counted("profile", 300),)),
    )
    source = Grouped([entry, *failing], [entry, *calls], facets)
    lines = (await call_for_text(Triage, {}, source)).split("\n")
    causes = [line for line in lines if line.startswith(("Most likely: ", "Also: "))]
    assert [("are calls of" in line, line.split(" GET")[0][-1]) for line in causes] == [
        (True, "a"),
        (True, "b"),
        (False, "c"),
    ]
    source = Grouped([entry, *failing], [entry, *calls], facets)
    await call_for_text(Triage, {"limit": 1}, source)
    assert [one[0] for one in source.asked].count("facets") == 2


PERHAPS: dict[str, tuple[int, str]] = {
    "ten are sure": (10, "Most likely: web page (server) fails of itself: 6.7 % of 150 ("),
    "seven are not": (
        7,
        "Nothing stands out for sure. Perhaps, or by chance: web page (server) fails of itself:"
        " 4.7 % of 150 (0 % before, 0 % yesterday), 7 more than usual",
    ),
    "four are nothing": (4, "Nothing stands out: no group of spans fails more"),
}


@pytest.mark.parametrize(("failing", "words"), PERHAPS.values(), ids=PERHAPS)
async def test_what_is_said_to_be_sure_is(failing: int, words: str) -> None:
    quiet = [group(f"quiet call{number} client", 100) for number in range(20)]
    facets = (
        Facet(NODE, (Counted("node-1", failing),)),
        Facet(NODE, (Counted("node-1", 50), Counted("node-2", 100))),
    )
    now = [root("web page server", 150, failing=failing), *quiet]
    source = Grouped(now, [root("web page server", 150), *quiet], facets)
    text = await call_for_text(Triage, {}, source)
    assert text.startswith(words)


async def test_a_few_very_slow_ones_of_many_and_who_waits_for_them() -> None:
    def slow(count: int) -> tuple[int, ...]:
        # More than usual of the very slow ones only.
        return (600, 600, 600, 600, count, 0, 0)

    names = ("web page server", "shop buy server")
    facets = (
        Facet(NODE, (Counted("node-1", 30),)),
        Facet(NODE, (Counted("node-1", 300), Counted("node-2", 300))),
    )
    usual: dict[str, Any] = {"mean_ms": 400.0, "sd_ms": 50.0, "over": slow(0)}
    late: dict[str, Any] = {"mean_ms": 440.0, "sd_ms": 2_000.0, "over": slow(30)}
    now = [root(names[0], 600, **late | {"mean_ms": 450.0}), group(names[1], 600, **late)]
    then = [root(names[0], 600, **usual), group(names[1], 600, **usual)]
    text = await call_for_text(Triage, {}, Grouped(now, then, facets))
    first = text.split("\n")[0]
    assert first.startswith("Most likely: shop buy (server) takes 1 s or more in 5 % of 600 (0 % ")
    assert "; nothing inside it, so its own time" in first
    assert "\nFollows: web page (server) 5 % of 1 s or more (0 %)." in text
