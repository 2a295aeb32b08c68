"""One caller, or one hostile word, costs nobody else the database."""

import hashlib
from pathlib import Path

import anyio
import pytest

from tests.attacks.database import Asked, answer_to, database, plain
from tests.attacks.product import product, text_of
from tests.transports.site import until
from tests.victoriatraces.peer import Step
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

NAMES = ("ann", "bob")

POLICY = "".join(
    f'[callers.{name}]\ntoken_sha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\n'
    f'tools = ["*"]\ntenants = ["*"]\n'
    for name in NAMES
)


@pytest.fixture
def policy(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "callers.toml"
    file.write_text(POLICY)
    return {"MCP_AUTH_FILE": str(file)}


async def test_completions_count_as_calls(policy: dict[str, str]) -> None:
    env = {**policy, "MCP_RATE_LIMIT": "3"}
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url, **env}) as it:
        found = [await it.complete("investigate_errors", "service", "ann") for _ in range(3)]
        assert found == [["shop", "cart"]] * 3
        assert await it.complete("investigate_errors", "service", "ann") == []
        assert "Too many calls" in text_of(await it.call("services", {}, "ann"))
        assert await it.complete("investigate_errors", "service", "bob")
    assert len(asked.asked) == 4


async def test_no_caller_holds_all_places_for_heavy_questions(policy: dict[str, str]) -> None:
    go_on = anyio.Event()

    def slow(one: Asked) -> tuple[Step, ...]:
        is_of_bob = "of-bob" in one.query or "logsql" not in one.path
        return (plain(answer_to(one)),) if is_of_bob else (go_on, plain(answer_to(one)))

    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url} | policy) as it:
        # Once there are two callers, a place is kept for whoever has none.
        for name in NAMES:
            await it.call("query", {"query": f"trace_id:* hello-{name}"}, name)
        asked.hostile = slow
        asked.asked.clear()
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(it.call, "query", {"query": f"trace_id:* {number}"}, "ann")
            await until(lambda: len(asked.asked) >= 3)
            said = text_of(await it.call("query", {"query": "trace_id:* of-bob"}, "bob"))
            assert len(asked.asked) == 4
            go_on.set()
    assert "2 rows" in said


async def test_masking_asks_nothing_twice() -> None:
    """What stands for a short address is longer, so such an answer is written several times."""
    addresses = [f"a@b{number}.ch" for number in range(3_000)]

    def full(one: Asked) -> tuple[Step, ...]:
        if one.path.endswith("/services"):
            return (plain({"data": addresses, "errors": None}),)
        filled = {f"span_attr:a{place}": address for place, address in enumerate(addresses[:300])}
        return (plain(answer_to(one, filled)),)

    env = {"MCP_MASK": "email"}
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url, **env}) as it:
        asked.hostile = full
        for tool, arguments in (("services", {}), ("query", {"query": "trace_id:*"})):
            asked.asked.clear()
            text = text_of(await it.call(tool, {**arguments, "max_bytes": 4_000}))
            assert "Masked (MCP_MASK)" in text
            assert len(text.encode()) <= 4_000
            assert "a@b" not in text
            assert len(asked.asked) == 1, tool
        assert await it.complete("investigate_errors", "service") == []


async def test_a_wide_window_is_counted_whatever_fits_everything() -> None:
    wide = {"start": "now-30d"}
    everything: tuple[Json, ...] = (
        {"tags": {"nothing": ""}},
        {"tags": {"a": "~"}},
        {"tags": {"a": "~.*"}},
        {},
    )
    async with database() as asked:

        def too_many(one: Asked) -> tuple[Step, ...]:
            answer = answer_to(one)
            if "hits" in one.path:
                answer["hits"][0]["values"] = [10**9]
            return (plain(answer),)

        asked.hostile = too_many
        async with product({"VT_INSTANCE_ENTRYPOINT": asked.url}) as it:
            for arguments in everything:
                said = text_of(await it.call("span_stats", {**wide, **arguments}))
                assert "VT_WIDE_WINDOW_SPANS" in said
            exact = await it.call("span_stats", {**wide, "tags": {"a": "b"}})
    assert "VT_WIDE_WINDOW_SPANS" not in text_of(exact)


async def test_a_flood_of_the_same_question_goes_out_once() -> None:
    go_on = anyio.Event()
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url}) as it:
        asked.hostile = lambda one: (go_on, plain(answer_to(one)))
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(it.complete, "investigate_errors", "service")
            await until(lambda: asked.asked)
            go_on.set()
    assert len(asked.asked) <= 2
