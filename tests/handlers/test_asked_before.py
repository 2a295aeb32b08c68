"""A question of one call is asked once, however often its answer is written."""

import pytest

from tests.handlers.tools.source import ScriptedSource
from vtmcp.handlers.asked_before import AskedBefore
from vtmcp.traces.model import SourceError
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio


async def test_the_same_question_is_asked_once() -> None:
    asked = ScriptedSource(services=("b", "a"))
    source = AskedBefore(asked).source()
    for tenant in (Tenant(), Tenant(), Tenant(1, 2)):
        found = await source.services(tenant)
        assert found == ["b", "a"]
        found.sort()
    await source.dependencies(end_ms=1, lookback_ms=2, tenant=Tenant())
    await source.dependencies(lookback_ms=2, end_ms=1, tenant=Tenant())
    assert len(asked.asked) == 3
    assert (source.label, source.notice) == (asked.label, asked.notice)


async def test_a_refusal_is_no_answer() -> None:
    asked = ScriptedSource(failing=("services",))
    source = AskedBefore(asked).source()
    for _ in range(2):
        with pytest.raises(SourceError):
            await source.services(Tenant())
