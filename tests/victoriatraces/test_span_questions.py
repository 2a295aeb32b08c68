"""Questions about many spans on a real server: what is asked, how often, and what is never said."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio
import orjson
import pytest

from tests.victoriatraces.peer import Step, head, peer, sized
from vtmcp.traces.model import SourceError
from vtmcp.traces.spans import Counted, Facet, Histogram, SpanFilter, SpanStats
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.source import VictoriaTraces

pytestmark = pytest.mark.anyio

TENANT = Tenant(7, 3)
S = 1_000_000_000
NOW_NS = 1_795_343_613 * S
WANTED = SpanFilter(start_ns=NOW_NS - 3600 * S, end_ns=NOW_NS)

Question = Callable[[VictoriaTraces], Awaitable[Any]]


async def ask(question: Question, *answers: bytes, **settings: Any) -> tuple[Any, list[str]]:
    """Return what the source gave or raised, and the targets of what it asked."""
    script: list[tuple[Step, ...]] = [(answer,) for answer in answers]
    async with peer(*script) as server:
        source = VictoriaTraces(Settings(entrypoint=server.url, **settings))
        with anyio.fail_after(5):
            try:
                given = await question(source)
            except SourceError as error:
                given = error
            finally:
                await source.aclose()
    return given, server.targets


def lines(*rows: dict[str, str]) -> bytes:
    return sized(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def queries(targets: list[str]) -> list[str]:
    return [dict(parse_qsl(urlsplit(target).query))["query"] for target in targets]


def stats(source: VictoriaTraces) -> Awaitable[Any]:
    return source.span_stats(WANTED, ["service"], TENANT)


SMALL = {"resource_attr:service.name": "cart", "n": "10000", "errors": "1", "sum_ns": "9"}
LARGE = SMALL | {"n": "10001", "p50_ns": "5", "max_ns": "1000"}
BUCKETS = (
    {"resource_attr:service.name": "cart", "bucket": "200", "n": "6000"},
    {"resource_attr:service.name": "cart", "bucket": "800", "n": "4001"},
)


async def test_small_groups_are_asked_for_once() -> None:
    given, targets = await ask(stats, lines(SMALL))
    assert given == [SpanStats(("cart",), 10_000, 1, 9, 0, 0, 0, 0)]
    assert [target.partition("?")[0] for target in targets] == ["/select/logsql/query"]
    assert queries(targets)[0].endswith("limit 1000")


async def test_quantiles_of_large_groups_are_not_left_to_a_sample() -> None:
    given, targets = await ask(stats, lines(LARGE), lines(*BUCKETS))
    assert given == [SpanStats(("cart",), 10_001, 1, 9, 3, 55, 55, 1_000)]
    assert '("resource_attr:service.name":="cart")' in queries(targets)[1]


async def test_names_are_counted_by_parts_of_a_hundred() -> None:
    names = ["_time", "name", "duration", *(f"span_attr:a{number}" for number in range(150))]
    listed = {"values": [{"value": name, "hits": 9} for name in names]}
    given, targets = await ask(
        lambda source: source.field_names(WANTED, TENANT),
        sized(orjson.dumps(listed)),
        lines({f"n{place}": str(place) for place in range(100)}),
        lines({"n0": "7", "n49": "100"}),
    )
    assert given[:3] == [Counted("a149", 100), Counted("a99", 99), Counted("a98", 98)]
    assert Counted("a7", 7) in given
    assert Counted("a100", 7) in given
    assert "a0" not in {one.text for one in given}
    paths = [target.partition("?")[0].rpartition("/")[2] for target in targets]
    assert paths == ["field_names", "query", "query"]


async def test_no_names_are_not_counted() -> None:
    given, targets = await ask(
        lambda source: source.field_names(WANTED, TENANT), sized(b'{"values":[]}')
    )
    assert (given, len(targets)) == ([], 1)


SPANS = lines(
    {"span_id": "a", "_time": "x", "end_time_unix_nano": "5", "start_time_unix_nano": "1"},
    {"span_id": "b", "start_time_unix_nano": "3", "span_attr:user.id": "u", "span_attr:x": "y"},
    {"span_id": "c", "start_time_unix_nano": "1", "duration": "1"},
)

ANSWERS: dict[str, tuple[Question, bytes, Any]] = {
    "values": (
        lambda source: source.field_values(WANTED, "kind", TENANT, limit=5),
        lines({"kind": "2", "n": "4"}),
        [Counted("server", 4)],
    ),
    "facets": (
        lambda source: source.facets(WANTED, TENANT, limit=5),
        sized(b'{"facets":[{"field_name":"span_attr:a","values":[{"field_value":"b","hits":1}]}]}'),
        [Facet("a", (Counted("b", 1),))],
    ),
    "a histogram": (
        lambda source: source.span_counts(WANTED, TENANT, buckets=2),
        sized(b'{"hits":[{"timestamps":["2026-11-22T10:03:33Z"],"values":[8]}]}'),
        Histogram(NOW_NS - 3600 * S, 1800 * S, (0, 8)),
    ),
    "a query": (
        lambda source: source.logsql("*", TENANT, start_ns=1, end_ns=2, limit=9),
        lines({"_msg": "-"}),
        [{"_msg": "-"}],
    ),
}


@pytest.mark.parametrize(("question", "answer", "expected"), ANSWERS.values(), ids=ANSWERS)
async def test_a_question_is_answered(question: Question, answer: bytes, expected: Any) -> None:
    given, targets = await ask(question, answer)
    assert given == expected
    assert len(targets) == 1


ORDERS = {"newest": (False, ["b", "c", "a"]), "slowest": (True, ["c", "a", "b"])}


@pytest.mark.parametrize(("slowest", "order"), ORDERS.values(), ids=ORDERS)
async def test_spans_are_put_in_order(slowest: bool, order: list[str]) -> None:
    given, _ = await ask(
        lambda source: source.spans(WANTED, TENANT, limit=3, slowest=slowest), SPANS
    )
    assert [span.span_id for span in given] == order


async def test_spans_come_without_what_is_hidden() -> None:
    given, _ = await ask(
        lambda source: source.spans(WANTED, TENANT, limit=3), SPANS, hidden_fields=("user.*",)
    )
    assert [dict(span.attributes) for span in given] == [{"x": "y"}, {}, {}]


async def test_names_and_facets_come_without_what_is_hidden() -> None:
    hidden = ("user.*",)
    listed = b'{"values":[{"value":"span_attr:user.id","hits":1},{"value":"span_attr:a","hits":1}]}'
    names, _ = await ask(
        lambda source: source.field_names(WANTED, TENANT),
        sized(listed),
        lines({"n0": "1", "n1": "2"}),
        hidden_fields=hidden,
    )
    assert names == [Counted("a", 2)]
    facets, _ = await ask(
        lambda source: source.facets(WANTED, TENANT, limit=5),
        sized(b'{"facets":[{"field_name":"span_attr:user.id","values":[]}]}'),
        hidden_fields=hidden,
    )
    assert facets == []


REFUSED: dict[str, tuple[Question, str]] = {
    "by what is hidden": (
        lambda source: source.span_stats(WANTED, ["user.id"], TENANT),
        "VT_HIDDEN_FIELDS hides",
    ),
    "in LogsQL": (
        lambda source: source.logsql("*", TENANT, start_ns=1, end_ns=2, limit=9),
        "LogsQL is not accepted",
    ),
    "for too many buckets": (
        lambda source: source.span_counts(WANTED, TENANT, buckets=10**9),
        "1000000000 buckets",
    ),
}


@pytest.mark.parametrize(("question", "complaint"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused_is_never_sent(question: Question, complaint: str) -> None:
    given, targets = await ask(question, lines(), hidden_fields=("user.*",))
    assert isinstance(given, SourceError)
    assert complaint in str(given)
    assert targets == []


async def test_an_error_repeats_no_secret() -> None:
    body = b"cannot parse query [x]: you sent t0ken-of-mine"
    page = head(400, "Content-Type: text/plain", f"Content-Length: {len(body)}") + body
    given, _ = await ask(stats, page, bearer_token="t0ken-of-mine")
    assert "you sent (secret)" in str(given)
