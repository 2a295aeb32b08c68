"""`dependencies` says what the database's service graph holds, or that it has none."""

import json

import pytest

from tests.integration.asking import ask
from tests.integration.upstream import FIRST, WINDOW_S, Upstream

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("which", ["first", "second"])
async def test_dependencies_are_those_of_the_tenant(database: Upstream, which: str) -> None:
    tenant = FIRST if which == "first" else database.second
    end_ms, lookback_ms = database.end_s * 1_000, WINDOW_S * 1_000
    query = f"endTs={end_ms}&lookback={lookback_ms}"
    status, said = database.raw(f"/select/jaeger/api/dependencies?{query}", tenant)
    answer = await ask(
        database.entrypoint,
        "dependencies",
        endTs=end_ms,
        lookback=lookback_ms,
        tenant="{}:{}".format(*tenant),
    )
    if status != 200:  # The oldest versions have no graph and say so.
        assert answer.is_error
        assert said.strip() in answer.text
        return
    edges = json.loads(said)["data"]
    shown = [line for line in answer.lines if " -> " in line and "callee" not in line]
    assert sorted(shown) == sorted(
        f"{edge['parent']} -> {edge['child']}  {edge['callCount']}" for edge in edges
    )
    assert edges or "-servicegraph.enableTask" in answer.text
