"""Every argument of every tool, prompt and completion, with what could mean something elsewhere.

The tools and their arguments are walked by their schemas, so a new one is attacked by itself.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.database import (
    HEADERS,
    OPERATIONS,
    PARAMETERS,
    TRACE,
    TRACE_ID,
    Asked,
    Hostile,
    database,
    empty,
)
from tests.attacks.product import Product, arguments_of, product, text_of
from tests.protocol.playbook import request
from tests.test_metrics import parsed
from tests.transports.site import call
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

NEEDED = {
    "trace_id": TRACE_ID,
    "spans": "00f067aa0ba902b7",
    "service_name": "shop",
    "query": "trace_id:*",
}
"""A value for each argument without which a tool cannot be called."""

HOSTILE = {
    "a line break": "evil\r\nX-Evil: evil\r\nAccountID: 9",
    "nothing, and the rest": "evil\0evil",
    "a way up": "/../../evil/metrics",
    "a way up in disguise": "%2e%2e%2fevil?limit=-1&query=evil",
    "the end of a quote": 'evil" or trace_id:* or "evil',
    "the end of a quote in disguise": 'evil\\" or evil:* | delete evil #',
    "other quotes": "evil` | delete evil ' | evil",
    "a pipe": "evil | delete evil | limit 0",
    "a comment": "evil # evil",
    "a regular expression": '~evil" | delete evil',
    "the end of a filter": 'evil"} evil:{"x"="evil"),(evil',
    "many fields": "evil*",
    "a way to another tenant": "evil&AccountID=9&ProjectID=9&tenant=9:9#evil",
    "escape codes and marks": "evil\x1b[2J\u202eevil\u2028time=evil level=error",
    "half a character": "evil\ud800",
    "a shell": "$(evil);${evil}`evil`",
    "a long text": "evil " * 4_000,
}

TENANTS = (
    "1e1",
    "\uff10",
    "1:1:1",
    "-1",
    "4294967296",
    "0x1",
    "1\r\nAccountID: 9",
    "\uff11:2",
    "*",
    "1:",
)
"""Look-alikes of tenants."""

LIMIT_MAX = 50_000
"""Skeletons of traces are the most rows that any question asks for."""

ANSWER_CHARS_MAX = 30_000

OWN_LANGUAGE = {("query", "query")}
"""Where LogsQL itself is asked for, and goes to the database as it was written."""

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def attacks(product: Product) -> Iterator[tuple[str, str, Json]]:
    """Each tool with each of its texts in each hostile form."""
    for tool in product.tools:
        needed = arguments_of(tool, NEEDED)
        for name, schema in tool.input_schema["properties"].items():
            for what, text in HOSTILE.items():
                for value in _values(schema, text):
                    yield tool.name, f"{name}: {what}", {**needed, name: value}
        if "tenant" in tool.input_schema["properties"]:
            for text in TENANTS:
                yield tool.name, f"tenant: {text!r}", {**needed, "tenant": text}


def _values(schema: Json, text: str) -> Iterator[Any]:
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if "string" in kinds:
        yield text
    if "array" in kinds:
        yield [text, "service"]
    if "object" in kinds:
        yield {text: "a", "service.name": text}
        yield {f"resource_attr:{text}": f"~{text}", f"span_attr:{text}": text}
        yield {text: [text]}
    if "integer" in kinds:
        yield from (text, 0, -1, 2**63) if len(text) > 1_000 else ()


def checked(asked: Asked, *, is_own: bool) -> None:
    """What holds for each request, whatever was said."""
    assert asked.method == "GET"
    path = asked.path
    one = OPERATIONS.fullmatch(path) is not None or TRACE.fullmatch(path) is not None
    known = set() if one else PARAMETERS.get(path)
    assert known is not None, f"no path that is known: {path}"
    names = [name for name, _ in asked.parameters]
    assert len(set(names)) == len(names)
    assert set(names) <= known, f"{path}: {names}"
    assert {name.lower() for name, _ in asked.headers} == HEADERS
    assert len(asked.headers) == len(HEADERS)
    assert asked.tenant == "0:0"
    said = dict(asked.parameters)
    for name in ("start", "end", "endTs", "lookback", "max_values_per_field", "max_value_len"):
        assert said.get(name, "1").isdecimal()
    assert 1 <= int(said.get("limit", "1")) <= 1_001
    if not is_own and "query" in said:
        assert_quoted(said["query"])


def assert_quoted(query: str) -> None:
    """What came from outside stands within quotes, and each of those is a text."""
    for literal in _LITERAL.findall(query):
        json.loads(literal)
    skeleton = _LITERAL.sub("", query)
    assert not set(skeleton) & set("\"'`#\\"), skeleton
    assert "evil" not in skeleton, skeleton
    pipes = {pipe.split()[0] for pipe in skeleton.split("|")[1:]}
    assert pipes <= {"stats", "sort", "math", "limit", "fields"}, pipes
    limits = re.findall(r"limit (\S+)", skeleton)
    assert all(1 <= int(limit) <= LIMIT_MAX for limit in limits), limits


def assert_seen(text: str) -> None:
    """Nothing in an answer acts on its reader."""
    assert all(char.isprintable() or char == "\n" for char in text), ascii(text)


ANSWERS = {"something": None, "nothing": empty}
"""What the database has."""


@pytest.mark.parametrize("hostile", ANSWERS.values(), ids=ANSWERS)
async def test_no_argument_of_any_tool_means_more_than_itself(hostile: Hostile | None) -> None:
    faults, count, reached = [], 0, 0
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url}) as tested:
        asked.hostile = hostile
        for tool, what, arguments in attacks(tested):
            reached += any("evil" in value for one in asked.asked for _, value in one.parameters)
            asked.asked.clear()
            count += 1
            is_own = (tool, what.partition(":")[0]) in OWN_LANGUAGE
            try:
                assert_answer(text_of(await tested.call(tool, arguments)))
                for one in asked.asked:
                    checked(one, is_own=is_own)
            except AssertionError as error:
                faults.append(f"{tool} {what}: {error}")
        lines = tested.lines.getvalue()
        told = parsed(tested.metrics.text())
    assert not faults
    assert (count > 1_000, reached > 300) == (True, True), (count, reached)
    each = [json.loads(line) for line in lines.splitlines()]
    assert len(each) == count == lines.count("\n")
    assert {one["level"] for one in each} <= {"info", "warn"}
    assert not [labels for _, labels in told if "evil" in str(labels)]


def assert_answer(text: str) -> None:
    """An answer, or a refusal that says why, which keeps to its size."""
    assert "unexpectedly" not in text, text
    assert len(text) < ANSWER_CHARS_MAX
    assert_seen(text)


@pytest.mark.parametrize("log_format", ["json", "text"])
async def test_no_name_that_a_client_invents_means_more_than_itself(log_format: str) -> None:
    async with database() as asked:
        env = {"VT_INSTANCE_ENTRYPOINT": asked.url}
        async with product(env, log_format=log_format) as tested:
            for text in HOSTILE.values():
                for message in _invented(text[:200]):
                    for answer in await tested.site_answer(message):
                        assert_answered(answer)
            for one in asked.asked:
                checked(one, is_own=False)
            lines, told = tested.lines.getvalue(), parsed(tested.metrics.text())
    assert_seen(lines)
    start = '{"time":' if log_format == "json" else "time="
    assert all(line.startswith(start) for line in lines.splitlines())
    assert all(char.isascii() for _, labels in told for char in str(labels))
    assert "delete" not in str(told)


def assert_answered(answer: Json) -> None:
    """What was not found is repeated to the program that asked, as it was; all else is seen."""
    if not answer.get("error", {}).get("message", "").startswith("Resource not found"):
        assert_seen(json.dumps(answer, ensure_ascii=False))


def _invented(text: str) -> Iterator[Json]:
    """Requests whose names are a client's invention."""
    complete = "completion/complete"
    prompt = {"type": "ref/prompt", "name": "investigate_latency"}
    yield call(1, text)
    yield call(1, "services", **{text: text})
    yield request(1, "prompts/get", name=text)
    yield request(1, "prompts/get", name="explain_trace", arguments={"trace_id": text})
    yield request(1, "prompts/get", name="investigate_errors", arguments={"service": text})
    yield request(1, "resources/read", uri=text)
    yield request(1, "resources/read", uri=f"docs://{text}/{text}#{text}")
    yield request(1, text)
    for name, given in (("service", {}), ("operation", {"service": text}), (text, {})):
        for tenant in ({}, {"tenant": text}):
            yield request(
                1,
                complete,
                ref=prompt,
                argument={"name": name, "value": text},
                context={"arguments": {**given, **tenant}},
            )
    yield request(
        1, complete, ref={"type": "ref/resource", "uri": text}, argument={"name": "a", "value": ""}
    )


PARENT = f"00-{'4b' * 16}-{'0f' * 8}-01"


async def test_nothing_that_is_passed_on_brings_more_than_itself() -> None:
    """Neither the trace context of `_meta`, nor a header that the operator lets through."""
    allowed = HEADERS | {"traceparent", "tracestate", "x-team", "cookie"}
    async with database() as asked:
        env = {"VT_INSTANCE_ENTRYPOINT": asked.url, "MCP_PASSTHROUGH_HEADERS": "X-Team,Cookie"}
        async with product(env) as tested:
            for text in HOSTILE.values():
                for meta in (
                    {"traceparent": PARENT, "tracestate": text},
                    {"traceparent": PARENT, "tracestate": f"a={text}"},
                    {"traceparent": text},
                    {"traceparent": f"{PARENT}{text}"},
                    {"traceparent": [text], "tracestate": {text: text}},
                ):
                    message = call(1, "services")
                    message["params"]["_meta"] = meta
                    await tested.ask(message, cookie="c")
                if text.isascii():
                    for given in (text, f"a\t{text}"):
                        value = given.replace("\r", "").replace("\n", "")[:9_000]
                        await tested.try_header(call(1, "services"), "x-team", value)
    assert asked.asked
    for one in asked.asked:
        names = [name.lower() for name, _ in one.headers]
        assert len(set(names)) == len(names)
        assert set(names) <= allowed
        assert one.tenant == "0:0"
        assert all(value.isascii() and value.isprintable() for _, value in one.headers)
