"""A database that lies, floods, stalls and leads elsewhere: each tool says so, and goes on."""

import gzip
import json
import time
from typing import Any

import anyio
import pytest

from tests.attacks.database import Asked, Hostile, Rows, answer_to, database, plain
from tests.attacks.product import arguments_of, product, text_of
from tests.attacks.test_arguments import NEEDED, assert_answer
from tests.victoriatraces.peer import CLOSE, FLOOD, LISTEN, Step, head, sized

pytestmark = pytest.mark.anyio

HASTE = {
    "VT_TOTAL_TIMEOUT": "200ms",
    "VT_FIRST_BYTE_TIMEOUT": "100ms",
    "VT_READ_TIMEOUT": "100ms",
    "VT_MAX_RESPONSE_BYTES": "200KB",
    "VT_MAX_HEAVY_QUERIES": "100",
    "VT_MAX_CONNECTIONS": "100",
}
"""Bounds that a test can wait for."""

ENOUGH_S = 10.0
"""What all tools together may take, with every bound above reached by each of their questions."""

METADATA = "http://169.254.169.254/latest/meta-data/iam"
CHUNKED = head(200, "Content-Type: application/json", "Transfer-Encoding: chunked")
_ROW = json.dumps({f"span_attr:a{number}": "x" for number in range(10_000)}).encode() + b"\n"


def moved(status: int, to: str) -> tuple[Step, ...]:
    return (head(status, f"Location: {to}", "Content-Length: 0"),)


ANSWERS: dict[str, tuple[Step, ...]] = {
    **{f"a redirect {code}": moved(code, METADATA) for code in (301, 302, 303, 307, 308)},
    "a redirect of another form": moved(302, "//169.254.169.254/latest"),
    "a redirect to a file": moved(302, "file:///etc/passwd"),
    "a choice": moved(300, METADATA),
    "a refresh": (sized(b"", f"Refresh: 0; url={METADATA}"),),
    "no end": (CHUNKED, b"7d0\r\n" + b"[" * 2_000 + b"\r\n", FLOOD),
    "no end of one byte each": (CHUNKED, b"1\r\n \r\n", FLOOD),
    "no end of rows": (CHUNKED, b"3\r\n{}\n\r\n", FLOOD),
    "no end of news": (head(100), FLOOD),
    "no end of a head": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", FLOOD),
    "no end of a size": (CHUNKED, b"0", FLOOD),
    "no end of an extension": (CHUNKED, b"1;" + b"a" * 100, b"a" * 1_000, FLOOD),
    "no end of trailers": (CHUNKED, b"0\r\n", b"A: b\r\n", FLOOD),
    "no end and no length": (head(200, "Content-Type: application/json"), b"[" * 1_000, FLOOD),
    "a head of ten megabytes": (head(200, "A: " + "b" * 10_000_000),),
    "silence": (LISTEN,),
    "silence after a head": (CHUNKED, LISTEN),
    "silence after a byte": (CHUNKED, b"1\r\n{\r\n", LISTEN),
    "a body that breaks off": (head(200, "Content-Length: 10000"), b"{}", CLOSE),
    "a body that is longer": (sized(b"{}") + b"{}" * 10_000,),
    "a length that is none": (head(200, "Content-Length: -5"), b"{}"),
    "two lengths": (head(200, "Content-Length: 2", "Content-Length: 20"), b"{}"),
    "a huge length": (head(200, "Content-Length: 99999999999999999999"), b"{}", LISTEN),
    "a length and chunks": (head(200, "Content-Length: 2", "Transfer-Encoding: chunked"), b"{}"),
    "a bomb": (sized(gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip"),),
    "a bomb in a bomb": (
        sized(gzip.compress(gzip.compress(b" " * 9_000_000)), "Content-Encoding: gzip, gzip"),
    ),
    "another coding": (sized(b"{}", "Content-Encoding: br"),),
    "a coding that it is not": (sized(b"{}", "Content-Encoding: gzip"),),
    "no UTF-8": (sized(b'{"data":["\xff\xfe"],"values":[{"value":"\xff","hits":1}]}'),),
    "no JSON": (sized(b"evil"),),
    "nothing": (sized(b""),),
    "null": (sized(b"null"),),
    "a number": (sized(b"1e999999"),),
    "deep lists": (sized(b"[" * 90_000 + b"]" * 90_000),),
    "deep objects": (sized(b'{"a":' * 15_000 + b"1" + b"}" * 15_000),),
    "deep data": (sized(b'{"data":' + b"[" * 900 + b"]" * 900 + b"}"),),
    "a row of very many fields": (sized(_ROW),),
    "no HTTP": (b"SSH-2.0-evil\r\n\r\n",),
    "old HTTP": (b"HTTP/0.9 200 OK\r\n\r\n{}",),
    "another protocol": (head(101, "Upgrade: websocket", "Connection: upgrade"),),
}


@pytest.mark.parametrize("steps", ANSWERS.values(), ids=ANSWERS)
async def test_each_tool_ends_and_says_why(steps: tuple[Step, ...]) -> None:
    said: dict[str, str] = {}
    async with database() as asked:
        asked.hostile = lambda one: steps
        async with product({"VT_INSTANCE_ENTRYPOINT": asked.url, **HASTE}) as it:

            async def one(name: str, arguments: dict[str, Any]) -> None:
                said[name] = text_of(await it.call(name, arguments))

            with anyio.fail_after(ENOUGH_S):
                async with anyio.create_task_group() as tasks:
                    for tool in it.tools:
                        if tool.asks_source():
                            tasks.start_soon(one, tool.name, arguments_of(tool, NEEDED))
            asked.hostile = None
            assert "2 services" in text_of(await it.call("services", {}))
    assert len(said) > 10
    for name, text in said.items():
        assert_answer(text)
        assert "evil" not in text or "evil" in str(steps), name
        assert "/latest" not in text
        assert "passwd" not in text


ODD_TEXTS = (
    *("", "-1", "NaN", "inf", "1e999", "\u00b2", "\u0663", "9" * 5_000, "0x10", "\0", "null", "~"),
    *("{}", "[[[[", '{"a":[1]}', "2026-13-45T99:99:99Z", "9999-12-31T23:59:59.999999999Z"),
    *("0001-01-01T00:00:00Z", "18446744073709551615", "99999999999999999999999", "\u202eevil"),
    *("a\nforged: evil", "x" * 20_000),
)
ODD: tuple[Any, ...] = (*ODD_TEXTS, None, True, -1, 0, 1.5, 2**63, 2**64, 10**30, [], {}, [[]])
"""What may stand in the place of any value."""


def mutated(answer: Any, odd: Any, place: str) -> Any:
    """The answer with something odd in the place of each leaf, or of each member of that name."""
    if isinstance(answer, dict):
        return {
            key: odd if key == place else mutated(value, odd, place)
            for key, value in answer.items()
        }
    if isinstance(answer, list):
        return [mutated(value, odd, place) for value in answer]
    return answer if place else odd


def lying(odd: Any, place: str) -> Hostile:
    def hostile(asked: Asked) -> tuple[Step, ...]:
        answer = answer_to(asked)
        if isinstance(answer, Rows):
            text = odd if isinstance(odd, str) else json.dumps(odd)
            return (plain(Rows([mutated(row, text, place) for row in answer.rows])),)
        return (plain(mutated(answer, odd, place)),)

    return hostile


PLACES = (
    *("", "data", "values", "facets", "hits", "spans", "tags", "logs", "processes", "references"),
    *("timestamps", "duration", "startTime", "traceID", "spanID", "processID", "process"),
    *("_time", "trace_id", "span_id", "n", "errors", "first", "last", "end_time_unix_nano"),
    *("start_time_unix_nano", "services", "root", "parent_span_id", "bad", "sum_ns", "squares"),
    *("failed", "traces", "key", "value", "operationName", "serviceName", "field_name"),
)


@pytest.mark.parametrize("place", PLACES)
async def test_a_lie_in_any_place_is_told_or_told_apart(place: str) -> None:
    faults = []
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url}) as it:
        # Each place gets some of the values, and each value some of the places.
        for odd in ODD[PLACES.index(place) % 12 :: 12] if place else ODD:
            asked.hostile = lying(odd, place)
            for tool in it.tools:
                if not tool.asks_source():
                    continue
                began = time.perf_counter()
                said = await it.call(tool.name, arguments_of(tool, NEEDED))
                try:
                    assert_answer(text_of(said))
                    assert "\nforged" not in text_of(said)
                    assert time.perf_counter() - began < 2
                except AssertionError as error:
                    faults.append(f"{tool.name} {ascii(odd)[:30]}: {error}"[:300])
        lines = it.lines.getvalue()
    assert not faults, "\n".join(faults[:40])
    assert "Error:" not in lines
