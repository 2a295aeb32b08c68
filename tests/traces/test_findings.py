"""Findings: each is found with its evidence, and healthy traces have none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, S, any_trace, failed, span
from vtmcp.traces.findings import FINDINGS_TOLD_MAX, Finding, finding_lines, sorted_findings
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.reading import read_closely

SQL: dict[str, Any] = {
    "kind": "client",
    "name": "SELECT item",
    "attributes": {"db.statement": "SELECT 1"},
}


def calls(count: int, took_ms: int = 10, every_ms: int = 10, **more: Any) -> list[Span]:
    """So many calls below the root, one every so many milliseconds."""
    numbers = range(count)
    one = {"duration_ns": took_ms * MS} | more
    make = failed if one.pop("failing", False) else span
    return [make(f"c{n:04}", "root", at_ms=1 + every_ms * n, **one) for n in numbers]


def root(took_ms: int = 1_000, **more: Any) -> Span:
    return span(
        "root", duration_ns=took_ms * MS, kind="server", service="web", name="GET /", **more
    )


def found(spans: list[Span]) -> list[str]:
    return finding_lines(read_closely(Trace("", tuple(spans))).findings)


def hosts(count: int, path: str = "/rates", **more: Any) -> list[Span]:
    return [
        one.__class__(
            **{name: getattr(one, name) for name in one.__slots__}
            | {"attributes": {"url.full": f"https://h{n}.example{path}", "server.address": f"h{n}"}}
        )
        for n, one in enumerate(calls(count, kind="client", name="GET", **more))
    ]


FOUND: dict[str, tuple[list[Span], list[str]]] = {
    "N+1": (
        [root(200), *calls(12, **SQL)],
        [
            "N+1: x12 cart SELECT item (s2 to s13), one after the other, 120 ms of the trace's"
            " 200 ms below s1 web GET /"
        ],
    ),
    "N+1 of statements that differ in a value": (
        [root(200)]
        + [
            span(
                f"c{n:02}",
                "root",
                at_ms=10 * n,
                name="SELECT",
                kind="client",
                attributes={"db.statement": f"SELECT * FROM a WHERE id = {n}"},
            )
            for n in range(10)
        ],
        [
            "N+1: x10 cart SELECT (s2 to s11), one after the other, 100 ms of the trace's"
            " 200 ms below s1 web GET /"
        ],
    ),
    "N+1 behind a wrapper": (
        [root(200)]
        + [
            span(f"w{n:02}", "root", name="load", at_ms=11 * n, duration_ns=11 * MS)
            for n in range(10)
        ]
        + [span(f"c{n:02}", f"w{n:02}", at_ms=11 * n, **SQL) for n in range(10)],
        [
            "N+1: x10 cart load (s2 to s20), one after the other, 110 ms of the trace's 200 ms"
            " below s1 web GET /"
        ],
    ),
    "a retry storm": (
        [root(), *calls(4, 10, 100, kind="client", name="GET", failing=True)],
        [
            "retry storm: x4 cart GET (s2 to s5), 4 failed, pauses 90 ms to 90 ms,"
            " 310 ms of the trace's 1 s below s1 web GET /"
        ],
    ),
    "a retry storm that ends well, by codes of answers": (
        [
            root(),
            *calls(3, attributes={"http.response.status_code": "503"}, name="GET"),
            span("ok", "root", name="GET", at_ms=500),
        ],
        [
            "retry storm: x4 cart GET (s2 to s5), 3 failed, pauses 0 s to 469 ms,"
            " 509 ms of the trace's 1 s below s1 web GET /"
        ],
    ),
    "a serial fan-out": (
        [root(100), *hosts(6)],
        [
            "serial fan-out: x6 cart GET (s2 to s7) to 6 hosts, one after the other,"
            " 60 ms of the trace's 100 ms, the longest 10 ms (s2) below s1 web GET /"
        ],
    ),
    "a long gap": (
        [root(), *calls(2, 10, 900)],
        [
            "long gap: 890 ms of the trace's 1 s in s1 web GET /, between s2 cart GET /cart and"
            " s3 cart GET /cart, have no span"
        ],
    ),
    "a long gap before a call gets through": (
        [
            span("root", kind="client", duration_ns=S),
            span("a", "root", service="pay", kind="server", at_ms=900, duration_ns=100 * MS),
        ],
        [
            "long gap: 900 ms of the trace's 1 s in s1 cart GET /cart, before s2 pay GET /cart,"
            " have no span"
        ],
    ),
    "a long gap after the answer": (
        [
            span("root", kind="client", duration_ns=S),
            span("a", "root", service="pay", kind="server", duration_ns=100 * MS),
        ],
        [
            "long gap: 900 ms of the trace's 1 s in s1 cart GET /cart, after s2 pay GET /cart,"
            " have no span"
        ],
    ),
    "a caller that gave up": (
        [
            failed("root", kind="client", duration_ns=S),
            span("a", "root", service="pay", kind="server", at_ms=10, duration_ns=3 * S),
        ],
        [
            "caller gave up: s1 cart GET /cart failed after 1 s, and s2 pay GET /cart that it"
            " called went on for 2.01 s more and did not fail"
        ],
    ),
    "callers that gave up": (
        [
            root(2_100),
            *(
                one
                for n in (0, 1)
                for one in (
                    failed(f"c{n}", "root", kind="client", at_ms=n, duration_ns=2 * S),
                    span(f"a{n}", f"c{n}", service="pay", kind="server", duration_ns=3 * S),
                )
            ),
        ],
        [
            "caller gave up: s2 cart GET /cart failed after 2 s, and s3 pay GET /cart that it"
            " called went on for 1 s more and did not fail; x1 more such calls"
        ],
    ),
    "time in a queue": (
        [
            root(10),
            span("p", "root", kind="producer", name="send", at_ms=1, duration_ns=MS),
            *(
                span(f"c{n}", "p", kind="consumer", name="work", at_ms=5_000 + n * 1_000)
                for n in range(3)
            ),
        ],
        [
            "time in queue: 7 s of the trace's 7.01 s from the end of s2 cart send to the start of"
            " s5 cart work; x2 more that waited"
        ],
    ),
    "time in a queue of one message": (
        [
            root(10),
            span("p", "root", kind="producer", name="send", at_ms=1, duration_ns=MS),
            span("c", "p", kind="consumer", name="work", at_ms=5_000),
        ],
        [
            "time in queue: 5 s of the trace's 5.01 s from the end of s2 cart send to the start of"
            " s3 cart work"
        ],
    ),
    "one slow span among equals": (
        [
            root(),
            *calls(9, name="put"),
            span("slow", "root", name="put", at_ms=200, duration_ns=700 * MS),
        ],
        [
            "one slow among equals: s11 took 700 ms of the trace's 1 s, x10 cart put have"
            " p50 10 ms and the next slowest 10 ms"
        ],
    ),
    "the same in several places is one finding": (
        [
            root(1_000),
            *(
                span(f"p{n}", "root", name="page", at_ms=300 * n, duration_ns=250 * MS)
                for n in range(3)
            ),
            *(
                span(f"c{p}-{n:02}", f"p{p}", at_ms=300 * p + 10 * n, **SQL)
                for p in range(3)
                for n in range(10 + p)
            ),
        ],
        [
            "N+1: x12 cart SELECT item (s26 to s37), one after the other, 120 ms of the trace's"
            " 1 s below s25 cart page; x21 more in 2 other places"
        ],
    ),
}


@pytest.mark.parametrize(("spans", "lines"), FOUND.values(), ids=FOUND)
def test_what_is_conspicuous_is_named_with_its_evidence(
    spans: list[Span], lines: list[str]
) -> None:
    assert found(spans) == [f"finding: {line}" for line in lines]


def test_a_slow_span_is_told_where_the_time_is_and_not_above_it() -> None:
    spans = [root(2_000)]
    for n in range(10):
        took = {"duration_ns": 900 * MS if n == 7 else 10 * MS, "at_ms": 10 * n}
        spans += [
            span(f"w{n}", "root", name="wrap", **took),
            span(f"i{n}", f"w{n}", name="in", **took),
        ]
    (line,) = found(spans)
    assert "x10 cart in have" in line


def test_children_of_a_lost_span_fill_a_gap() -> None:
    spans = [root(), *calls(2, 10, 900), span("lost", "gone", at_ms=300)]
    assert found(spans) == []


HEALTHY: dict[str, list[Span]] = {
    "nine reads": [root(200), *calls(9, **SQL)],
    "many reads at once": [root(200), *calls(20, every_ms=0, **SQL)],
    "reads far apart, as a poll": [root(60_000), *calls(20, 10, 90, **SQL)],
    "writes": [root(), *calls(40, **{**SQL, "name": "INSERT x", "attributes": {}})],
    "reads of different statements": [
        root(),
        *(
            span(
                f"c{n}",
                "root",
                at_ms=10 * n,
                name="SELECT",
                kind="client",
                attributes={"db.statement": f"SELECT a FROM t{chr(97 + n)}"},
            )
            for n in range(20)
        ),
    ],
    "messages sent": [root(), *calls(40, **{**SQL, "kind": "producer"})],
    "work of its own": [root(), *calls(40, name="step")],
    "wrappers of several calls": [
        root(),
        *(span(f"w{n}", "root", name="page", at_ms=10 * n) for n in range(20)),
        *(
            span(f"{c}{n}", f"w{n}", at_ms=10 * n, duration_ns=4 * MS, **SQL)
            for n in range(20)
            for c in "ab"
        ),
    ],
    "one retry": [root(), *calls(1, failing=True), span("z", "root", at_ms=20)],
    "two failures in a row": [root(), *calls(2, failing=True), span("z", "root", at_ms=30)],
    "failures at once": [root(), *calls(6, every_ms=0, failing=True)],
    "failures of messages": [root(), *calls(6, kind="consumer", failing=True)],
    "failures of different calls": [
        root(),
        *(
            failed(f"c{n}", "root", at_ms=20 * n, attributes={"url.full": f"http://a/{n}"})
            for n in range(6)
        ),
    ],
    "two hosts": [root(100), *hosts(2)],
    "hosts of which nobody knows what was asked": [
        root(100),
        *(
            span(
                f"c{n}",
                "root",
                at_ms=10 * n,
                name="GET",
                kind="client",
                attributes={"server.address": f"h{n}"},
            )
            for n in range(6)
        ),
    ],
    "hosts at once": [root(100), *hosts(6, every_ms=0)],
    "hosts with little to do": [root(10_000), *hosts(6)],
    "hosts that are asked different things": [
        root(100),
        *(one for n, path in enumerate("abcdef") for one in hosts(6, f"/{path}")[n : n + 1]),
    ],
    "many roots that call": [*(span(f"r{n}", at_ms=10 * n, kind="client") for n in range(5))],
    "its own work before and after": [
        root(),
        *calls(1, 10),
    ],
    "a pause that is short": [root(), *calls(2, 10, 105)],
    "a pause that is little of the trace": [root(1_000), *calls(2, 10, 250)],
    "a pause between attempts": [
        root(),
        failed("a", "root", at_ms=1),
        span("b", "root", at_ms=700),
    ],
    "a message that is taken at once": [
        root(10),
        span("p", "root", kind="producer", at_ms=1),
        span("c", "p", kind="consumer", at_ms=900),
    ],
    "a message of which nobody knows when it was sent": [
        root(10),
        span("c", "root", kind="consumer", at_ms=9_000),
        span("d", kind="consumer", at_ms=90_000),
    ],
    "seven equals": [
        root(),
        *calls(6, name="put"),
        span("z", "root", name="put", duration_ns=900 * MS),
    ],
    "two slow ones": [
        root(),
        *calls(20, 1, name="put"),
        *(span(f"z{n}", "root", name="put", duration_ns=400 * MS) for n in range(2)),
    ],
    "a slow one that is short": [
        root(),
        *calls(20, 1, name="put"),
        span("z", "root", name="put", duration_ns=90 * MS),
    ],
    "a slow one that is not much slower": [
        root(),
        *calls(20, 30, name="put"),
        span("z", "root", name="put", duration_ns=290 * MS),
    ],
}


@pytest.mark.parametrize("spans", HEALTHY.values(), ids=HEALTHY)
def test_what_is_healthy_is_not_named(spans: list[Span]) -> None:
    assert found(spans) == []


@st.composite
def healthy_traces(draw: st.DrawFn) -> Trace:
    """A request through services: calls within their callers, a few of a kind, no failures."""
    spans: list[Span] = []
    waiting = [("", "svc0", 0, draw(st.integers(20, 3_000)), 0)]
    while waiting and len(spans) < 60:
        parent, service, at_ms, took_ms, depth = waiting.pop()
        here = f"s{len(spans)}"
        more = {"at_ms": at_ms, "duration_ns": took_ms * MS, "resource": {"host.name": service}}
        spans.append(
            span(here, parent, service=service, name=f"GET /{depth}", kind="server", **more)
        )
        count = draw(st.integers(0, 4)) if depth < 4 else 0
        each_ms = took_ms // (count + 1)
        for number in range(count):
            if each_ms < 3:
                break
            call_at_ms = at_ms + 1 + number * each_ms
            call = {"at_ms": call_at_ms, "duration_ns": (each_ms - 1) * MS}
            name = draw(st.sampled_from(["GET", "POST", "SELECT a", "INSERT b"]))
            target = draw(st.sampled_from(["svc1", "svc2", "db"]))
            spans.append(
                span(f"{here}c{number}", here, service=service, name=name, kind="client",
                     attributes={"server.address": target}, resource={"host.name": service}, **call)
            )  # fmt: skip
            if target != "db" and each_ms > 6:
                waiting.append((f"{here}c{number}", target, call_at_ms + 1, each_ms - 3, depth + 1))
    return Trace("", tuple(spans))


@given(healthy_traces())
def test_a_healthy_trace_has_no_finding_and_no_note(one: Trace) -> None:
    reading = read_closely(one)
    assert reading.findings == ()
    assert reading.notes == ()


@given(any_trace)
def test_any_trace_has_findings_that_are_lines(one: Trace) -> None:
    reading = read_closely(one)
    for line in finding_lines(reading.findings):
        assert line.startswith("finding: ")
        assert len(line.splitlines()) == 1
    for finding in reading.findings:
        assert all(0 <= here < len(reading.tree.spans) for here in finding.spans)


def test_the_costliest_come_first_and_the_rest_is_counted() -> None:
    findings = sorted_findings(
        Finding("k" if n else "other", f"e{n}", (n,), n) for n in range(FINDINGS_TOLD_MAX + 3)
    )
    lines = finding_lines(findings)
    assert lines[0] == f"finding: k: e{FINDINGS_TOLD_MAX + 2}"
    assert lines[-1] == "finding: 3 more (k, other)"
    assert len(lines) == FINDINGS_TOLD_MAX + 1
