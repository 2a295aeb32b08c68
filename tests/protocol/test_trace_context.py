"""Trace context: what is read, what is passed over, and what is written again."""

import pytest

from vtmcp.protocol.messages import Json
from vtmcp.protocol.trace_context import (
    SPAN_ID_BYTES,
    STATE_CHARS_MAX,
    TraceContext,
    from_request,
    parse,
    parse_state,
    span_id_of,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"

PARENTS: dict[str, tuple[list[str], TraceContext | None]] = {
    "a sampled one": ([PARENT], TraceContext(TRACE, SPAN, 1)),
    "one that is not sampled": ([f"00-{TRACE}-{SPAN}-00"], TraceContext(TRACE, SPAN, 0)),
    "a random id, and flags that nobody knows": (
        [f"00-{TRACE}-{SPAN}-ff"],
        TraceContext(TRACE, SPAN, 3),
    ),
    "a version to come": ([f"cc-{TRACE}-{SPAN}-01"], TraceContext(TRACE, SPAN, 1)),
    "a version to come, with more": (
        [f"cc-{TRACE}-{SPAN}-01-what-comes"],
        TraceContext(TRACE, SPAN, 1),
    ),
    "a version to come, glued to more": ([f"cc-{TRACE}-{SPAN}-01what"], None),
    "more than version 00 has": ([f"{PARENT}-x"], None),
    "a dash more than version 00 has": ([f"{PARENT}-"], None),
    "the version that is none": ([f"ff-{TRACE}-{SPAN}-01"], None),
    "a version in capitals": ([f"CC-{TRACE}-{SPAN}-01"], None),
    "a trace of zeros": ([f"00-{'0' * 32}-{SPAN}-01"], None),
    "a span of zeros": ([f"00-{TRACE}-{'0' * 16}-01"], None),
    "capitals": ([PARENT.upper()], None),
    "blanks": ([f" {PARENT}"], None),
    "a line break": ([f"{PARENT}\n"], None),
    "a short trace": ([f"00-{TRACE[:31]}-{SPAN}-01"], None),
    "other digits": ([f"00-{'٣' * 32}-{SPAN}-01"], None),
    "two": ([PARENT, PARENT], None),
    "none": ([], None),
    "nothing": ([""], None),
}

LONG = f"long={'v' * 200}"
SHORT = [f"m{number:02}={'v' * 28}" for number in range(16)]

STATES: dict[str, tuple[list[str], str]] = {
    "one member": (["a=1"], "a=1"),
    "two lines are one list": (["a=1,b=2", "c=3"], "a=1,b=2,c=3"),
    "blanks and empty members go": ([" a=1 ,\t, b=x y ", ""], "a=1,b=x y"),
    "a key with its system": (["1t@vendor=x"], "1t@vendor=x"),
    "the longest key": ([f"{'z' * 256}=1"], f"{'z' * 256}=1"),
    "the longest key with its system": (
        [f"{'t' * 241}@{'v' * 14}=1"],
        f"{'t' * 241}@{'v' * 14}=1",
    ),
    "a longer key": ([f"{'z' * 257}=1"], ""),
    "a longer tenant": ([f"{'t' * 242}@v=1"], ""),
    "a longer system": ([f"t@{'v' * 15}=1"], ""),
    "the longest value": ([f"a={'v' * 256}"], f"a={'v' * 256}"),
    "a longer value": ([f"a={'v' * 257}"], ""),
    "a key of capitals": (["A=1"], ""),
    "a key that begins with a digit": (["1a=1"], ""),
    "no value": (["a="], ""),
    "no key": (["=1"], ""),
    "an equals sign in a value": (["a=1=2"], ""),
    "a control character": (["a=1\r\nHost: x"], ""),
    "beyond ASCII": (["a=ü"], ""),
    "one key twice": (["a=1,b=2,a=3"], ""),
    "as many as there may be": (
        [",".join(f"k{number}=1" for number in range(32))],
        ",".join(f"k{number}=1" for number in range(32)),
    ),
    "one more": ([",".join(f"k{number}=1" for number in range(33))], ""),
    "what is long goes first": ([LONG, *SHORT[:10]], ",".join(SHORT[:10])),
    "then what is last": ([*SHORT, "last=1"], ",".join(SHORT[:15])),
    "what is long and fits stays": ([LONG, *SHORT[:9]], ",".join([LONG, *SHORT[:9]])),
}

REQUESTS: dict[str, tuple[Json, dict[str, list[str]], str]] = {
    "_meta": ({"traceparent": PARENT, "tracestate": "a=1"}, {}, f"{PARENT} a=1"),
    "_meta before the headers": (
        {"traceparent": PARENT},
        {"traceparent": [f"00-{TRACE}-{SPAN}-00"], "tracestate": ["a=1"]},
        PARENT,
    ),
    "headers": ({}, {"traceparent": [PARENT], "tracestate": ["a=1", "b=2"]}, f"{PARENT} a=1,b=2"),
    "headers where _meta is wrong": ({"traceparent": "x"}, {"traceparent": [PARENT]}, PARENT),
    "headers where _meta has no text": ({"traceparent": 7}, {"traceparent": [PARENT]}, PARENT),
    "a state that is no text": ({"traceparent": PARENT, "tracestate": ["a=1"]}, {}, PARENT),
    "a state alone": ({"tracestate": "a=1"}, {"tracestate": ["a=1"]}, ""),
    "nothing": ({}, {}, ""),
}


@pytest.mark.parametrize(("values", "context"), PARENTS.values(), ids=PARENTS)
def test_a_parent_is_read_strictly(values: list[str], context: TraceContext | None) -> None:
    assert parse(values) == context


@pytest.mark.parametrize(("values", "state"), STATES.values(), ids=STATES)
def test_a_state_is_whole_or_nothing(values: list[str], state: str) -> None:
    assert parse_state(values) == state
    assert len(state) <= STATE_CHARS_MAX


@pytest.mark.parametrize(("meta", "headers", "written"), REQUESTS.values(), ids=REQUESTS)
def test_where_a_request_says_it(meta: Json, headers: dict[str, list[str]], written: str) -> None:
    found = from_request(meta, lambda name: headers.get(name, []))
    values = [] if found is None else [value for _, value in found.headers()]
    assert " ".join(values) == written


def test_a_state_without_a_parent_that_can_be_read_is_nothing() -> None:
    assert parse(["x"], ["a=1"]) is None


def test_what_is_written_is_read_again() -> None:
    context = TraceContext(TRACE, SPAN, 3, "a=1")
    assert context.is_sampled
    assert not context._replace(flags=2).is_sampled
    names, values = zip(*context.headers(), strict=True)
    assert names == ("traceparent", "tracestate")
    assert parse([values[0]], [values[1]]) == context
    assert context._replace(state="").headers() == (("traceparent", f"00-{TRACE}-{SPAN}-03"),)


def test_a_child_is_in_the_same_trace() -> None:
    context = TraceContext(TRACE, SPAN, 1, "a=1")
    child = context.child(bytes(range(1, 9)))
    assert child == context._replace(span_id="0102030405060708")
    assert span_id_of(bytes(SPAN_ID_BYTES)) == "0000000000000001"
