"""Several databases: which a caller may ask, and a trace that is looked for in all of them."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from tests.handlers.tools.source import ScriptedSource
from tests.traces.samples import span
from vtmcp.handlers import deployment
from vtmcp.handlers.deployment import Deployment, Deployments, Everywhere
from vtmcp.traces.model import Found, SourceError, Trace
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

ID = "a" * 32
THERE = (Trace(ID, (span("1"),)),)
SEVEN = Tenant(7, 0)


class Asleep(ScriptedSource):
    """Answers nothing, ever."""

    async def trace(self, trace_id: str, tenant: Tenant) -> Found:
        await anyio.sleep_forever()
        raise AssertionError


def place(name: str, source: ScriptedSource, **more: Any) -> Deployment:
    return Deployment(name, f"{name}.example", source, Tenant(0, 0), **more)


def test_each_caller_may_ask_the_usual_one_and_those_that_it_is_allowed() -> None:
    eu, us, asia = (place(name, ScriptedSource()) for name in ("eu", "us", "asia"))
    known = Deployments(eu, (us, asia), allows=lambda caller, name: name == caller)
    assert known.of("") == [eu]
    assert known.of("asia") == [eu, asia]
    assert Deployments(eu, (us, asia)).of("") == [eu, us, asia]
    assert known.parameter()["type"] == "string"
    assert "enum" not in known.parameter()
    assert known.parameter([eu, asia])["enum"] == ["eu", "asia"]


def test_a_deployment_has_the_tenants_that_its_operator_lists() -> None:
    assert place("eu", ScriptedSource()).has(SEVEN)
    assert place("eu", ScriptedSource(), tenants=frozenset({SEVEN})).has(SEVEN)
    assert not place("eu", ScriptedSource(), tenants=frozenset()).has(SEVEN)


Row = tuple[tuple[Callable[[], ScriptedSource], ...], bool, str]

PLACES: dict[str, Row] = {
    "where it is expected": (
        (lambda: ScriptedSource(traces=THERE), ScriptedSource, ScriptedSource),
        True,
        "Deployment eu.",
    ),
    "elsewhere": (
        (ScriptedSource, ScriptedSource, lambda: ScriptedSource(traces=THERE)),
        True,
        "Found in deployment asia, tenant 7:0; not in eu.",
    ),
    "elsewhere, while another does not answer": (
        (ScriptedSource, Asleep, lambda: ScriptedSource(traces=THERE)),
        True,
        "Found in deployment asia, tenant 7:0; not in eu.",
    ),
    "nowhere": ((ScriptedSource, ScriptedSource, ScriptedSource), False, "Not in eu, us, asia."),
    "nowhere that answers": (
        (ScriptedSource, lambda: ScriptedSource(failing=("trace",)), Asleep),
        False,
        "Not in eu, us, asia. No answer from asia, us.",
    ),
}


@pytest.mark.parametrize(("sources", "found", "said"), PLACES.values(), ids=PLACES)
async def test_a_trace_is_looked_for(
    sources: tuple[Callable[[], ScriptedSource], ...],
    found: bool,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deployment, "ELSEWHERE_S", 0.05)
    eu, us, asia = (
        place(name, source()) for name, source in zip(("eu", "us", "asia"), sources, strict=True)
    )
    everywhere = Everywhere(eu, [(us, Tenant(0, 0)), (asia, SEVEN)])
    with anyio.fail_after(5):
        answer = await everywhere.source().trace(ID, Tenant(0, 0))
    assert bool(answer.traces) is found
    assert everywhere.said() == said


async def test_all_else_is_asked_of_the_usual_one() -> None:
    source = ScriptedSource(services=("shop",), notice="not real")
    everywhere = Everywhere(place("eu", source), [])
    assert await everywhere.source().services(SEVEN) == ["shop"]
    assert everywhere.source().notice == "not real"
    assert everywhere.said() == "Deployment eu."


async def test_several_traces_have_a_line_each() -> None:
    here, there = ScriptedSource(), ScriptedSource(traces=THERE)
    everywhere = Everywhere(place("eu", here), [(place("us", there), SEVEN)])
    await everywhere.trace(ID, SEVEN)
    there._found = Found((), ())
    await everywhere.trace("b" * 32, SEVEN)
    assert everywhere.said() == ("Found in deployment us, tenant 7:0; not in eu. Not in eu, us.")


async def test_a_usual_one_that_fails_is_told_of() -> None:
    failing = ScriptedSource(failing=("trace",))
    everywhere = Everywhere(place("eu", failing), [(place("us", ScriptedSource()), SEVEN)])
    with pytest.raises(SourceError, match="does not answer trace"):
        await everywhere.trace(ID, SEVEN)


async def test_what_is_asked_of_a_trace_s_kin_is_asked_where_it_was_found() -> None:
    here, there = ScriptedSource(services=("here",)), ScriptedSource(traces=THERE)
    there._services = ["there"]
    everywhere = Everywhere(place("eu", here), [(place("us", there), SEVEN)])
    await everywhere.trace(ID, Tenant(0, 0))
    source = everywhere.source()
    assert source.label == "a script"
    assert await source.services(Tenant(0, 0)) == ["there"]
    await source.dependencies(end_ms=1, lookback_ms=1, tenant=Tenant(0, 0))
    assert there.asked[1:] == [("services", SEVEN), ("dependencies", 1, 1, SEVEN)]
    here._found = Found(THERE, ())
    await everywhere.trace("b" * 32, Tenant(0, 0))
    assert await source.services(Tenant(0, 0)) == ["here"]
