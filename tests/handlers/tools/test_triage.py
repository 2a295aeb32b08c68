"""`triage` on a system of eight services: the cause first, and nothing where nothing is wrong."""

import re
from collections.abc import Iterator
from functools import partial

import pytest

from tests.handlers.tools.planted_source import FEW_A_MINUTE, HOURS, PlantedSource, told
from tests.handlers.tools.source import NOW_NS, call_for_text
from vtmcp.handlers.tools.triage import LAG_NS, Triage
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

QUESTIONS_MAX = 8

few = partial(told, a_minute=FEW_A_MINUTE)

EXPECTED = {
    "bad pod": r'payment POST /charge \(server\) fails of itself.* k8s.pod.name="payment-7d9f-b"',
    "slow pod": r"inventory POST /reserve \(server\) is slower.*inventory-7d9f-c",
    "new version": r"payment POST /charge \(server\).*version 2\.4\.1 is new since .* and to blame",
    "slow version": r"catalog GET /products \(server\).*version 2\.4\.0 is new since .* to blame",
    "passed up": r'fraud SELECT rules \(client\) fails.*"relation rules does not exist"',
    "retry storm": r"shipping POST /ship \(server\) fails of itself.*as by retries",
    "many queries": r"catalog SELECT products \(client\) is called more often",
    "missing service": r"service shipping is missing: no span of it since",
    "slow database": r"inventory UPDATE stock \(client\) is slower.*so its calls wait",
    "bad node": r'spread over .*host.name="node-1"',
}


@pytest.fixture(scope="module", autouse=True)
def _forget() -> Iterator[None]:
    """Let go of a hundred thousand spans, which every later collection of garbage would visit."""
    yield
    _ASKED.clear()
    told.cache_clear()


async def ask(
    name: str, arguments: Json | None = None, seed: int = 1, hours: tuple[int, ...] = HOURS
) -> tuple[str, PlantedSource]:
    """Ask once; the same question has the same answer."""
    key = (name, repr(arguments), seed, hours)
    if key not in _ASKED:
        source = PlantedSource(few(name, seed, hours))
        _ASKED[key] = await call_for_text(Triage, arguments or {}, source), source
    return _ASKED[key]


_ASKED: dict[tuple[str, str, int, tuple[int, ...]], tuple[str, PlantedSource]] = {}


@pytest.mark.parametrize(("name", "words"), EXPECTED.items(), ids=EXPECTED)
async def test_the_cause_stands_first(name: str, words: str) -> None:
    text, source = await ask(name)
    first = text.split("\n")[0].replace("resource_attr:", " ")
    assert first.startswith("Most likely: ")
    assert re.search(words, first), text
    assert len(source.questions) <= QUESTIONS_MAX
    assert len(text.encode()) < 2_500


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nothing_stands_out_where_nothing_is_wrong(seed: int) -> None:
    text, source = await ask("healthy", seed=seed)
    assert text.startswith("Nothing stands out: no group of spans")
    assert "Most likely" not in text
    assert "Hit:" not in text
    assert source.questions == ["activity"] * 3


async def test_the_figures_of_all_three_windows_are_told() -> None:
    text, _ = await ask("bad pod")
    searched = text.split("\n")[1]
    counts = re.findall(r"(\w+) ([\d,]+) requests, ([\d,]+) spans, (\d+) failing", searched)
    assert [period for period, *_ in counts] == ["now", "before", "yesterday"]
    end_ns = NOW_NS - LAG_NS
    for ago, (_, requests, spans, failing) in zip(HOURS, counts, strict=True):
        window = (end_ns - (ago + 1) * 3_600 * 10**9, end_ns - ago * 3_600 * 10**9)
        ours = [s for t in few("bad pod") for s in t.spans if window[0] <= s.end_ns < window[1]]
        assert int(requests.replace(",", "")) == sum(not s.parent_span_id for s in ours)
        assert int(spans.replace(",", "")) == len(ours)
        assert int(failing) == sum(s.failed for s in ours)


async def test_what_is_hit_and_what_follows_is_told_after_the_cause() -> None:
    text, _ = await ask("many queries")
    hit, follows = (
        next(line for line in text.split("\n") if line.startswith(word))
        for word in ("Hit: ", "Follows: ")
    )
    assert "frontend GET /products (server)" in hit
    assert "catalog GET /products (server) mean" in follows


async def test_a_limit_leaves_causes_out_and_says_so() -> None:
    text, _ = await ask("missing service")
    assert "\nAlso: checkout POST (client) fails of itself" in text
    text, _ = await ask("missing service", {"limit": 1})
    assert "\nAlso: " not in text
    assert "\nAnd 1 more that changed of themselves (limit)." in text


async def test_without_yesterday_the_window_before_decides() -> None:
    text, _ = await ask("bad pod", hours=(0, 1))
    assert text.startswith("Most likely: payment POST /charge (server) fails of itself")
    assert "yesterday no spans" in text


async def test_without_anything_before_the_halves_of_the_window_are_compared() -> None:
    text, source = await ask("bad pod", hours=(0,))
    assert text.startswith("Most likely: payment POST /charge (server) fails of itself")
    assert "Nothing older is stored, so the window's halves are compared." in text
    assert "yesterday" not in text.split("\n")[1]
    assert len(source.questions) <= QUESTIONS_MAX


async def test_a_service_that_only_passes_on_is_not_the_cause() -> None:
    text, _ = await ask("passed up", {"service": "frontend"})
    assert "fails of itself" not in text
    assert text.startswith("More requests fail, and where that begins is not plain: frontend")


async def test_nothing_is_stored_now() -> None:
    text, _ = await ask("healthy", hours=(1, 24))
    assert text.startswith("No spans at all in the window, and there were before")


async def test_no_spans_anywhere_are_diagnosed() -> None:
    text = await call_for_text(Triage, {}, PlantedSource(()))
    assert text.startswith("No spans: all spans, ")


WINDOWS: dict[str, tuple[Json, int, int]] = {
    "the last hour, but for the last minute": ({}, NOW_NS - LAG_NS, 3_600),
    "an end that is long past": ({"end": "now-2h"}, NOW_NS - 7_200 * 10**9, 3_600),
    "a start of one's own": ({"start": "now-31m"}, NOW_NS - LAG_NS, 1_800),
}


@pytest.mark.parametrize(("arguments", "end_ns", "length_s"), WINDOWS.values(), ids=WINDOWS)
async def test_which_windows_are_asked_for(arguments: Json, end_ns: int, length_s: int) -> None:
    source = PlantedSource(few("healthy"))
    await call_for_text(Triage, arguments, source)
    asked = [asked[1] for asked in source.asked if asked[0] == "activity"][:3]
    ends = [end_ns, end_ns - length_s * 10**9, end_ns - 86_400 * 10**9]
    assert [one.end_ns for one in asked] == ends
    assert {one.end_ns - one.start_ns for one in asked} == {length_s * 10**9}


async def test_a_window_of_a_day_is_not_compared_with_itself() -> None:
    source = PlantedSource(few("healthy"))
    await call_for_text(Triage, {"start": "now-25h"}, source)
    starts = {asked[1].start_ns for asked in source.asked if asked[0] == "activity"}
    assert NOW_NS - 25 * 3_600 * 10**9 in starts
    assert NOW_NS - 49 * 3_600 * 10**9 not in starts


async def test_nothing_before_1970_is_asked_for() -> None:
    source = PlantedSource(few("healthy"))
    await call_for_text(Triage, {"start": "1970-01-01T00:00:00Z", "end": 600}, source)
    assert source.questions.count("activity") == 1


async def test_a_window_within_the_last_minute_is_refused() -> None:
    with pytest.raises(ToolError, match="within the last minute"):
        await call_for_text(Triage, {"start": "now-30s"}, PlantedSource(()))


async def test_the_next_call_looks_into_the_cause() -> None:
    for name, words in {
        "bad pod": 'errors(service="payment", operation="POST /charge", start=',
        "slow database": 'traces(service="inventory", operation="UPDATE stock", sort="duration"',
        "bad node": "contrast(start=",
        "missing service": 'traces(service="shipping", start=',
        "healthy": 'span_stats(compare="yesterday", start=',
    }.items():
        text, _ = await ask(name)
        assert f"\nNext: {words}" in text, text


async def test_a_notice_and_a_small_room() -> None:
    source = PlantedSource(few("many queries"), notice="Not real.")
    text = await call_for_text(Triage, {"max_bytes": 1_000}, source)
    assert "\nNot real." in text
    assert len(text.encode()) <= 1_000
    assert "Next: triage(max_bytes=4000)" in text


async def test_what_the_source_refuses_is_told() -> None:
    source = PlantedSource(few("bad pod"), failing="facets")
    with pytest.raises(ToolError, match="does not answer facets"):
        await call_for_text(Triage, {}, source)
