"""A database on loopback that has an answer to every question of every tool, or a hostile one."""

import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import anyio
import h11
from anyio.abc import ByteStream, SocketAttribute

from tests.victoriatraces.peer import CLOSE, FLOOD, LISTEN, Peer, Step, sized

JAEGER = "/select/jaeger/api"
LOGSQL = "/select/logsql"

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER_ID = "a" * 32
TRACE = re.compile(rf"{JAEGER}/traces/(?:[0-9a-f]{{16}}|[0-9a-f]{{32}})")
OPERATIONS = re.compile(rf"{JAEGER}/services/([^/]+)/operations")

PARAMETERS = {
    f"{JAEGER}/services": set[str](),
    f"{JAEGER}/dependencies": {"endTs", "lookback"},
    f"{JAEGER}/traces": {
        *("service", "operation", "tags", "start", "end", "minDuration", "maxDuration", "limit"),
    },
    f"{LOGSQL}/query": {"query", "start", "end", "limit"},
    f"{LOGSQL}/field_names": {"query", "start", "end"},
    f"{LOGSQL}/hits": {"query", "start", "end", "step", "offset"},
    f"{LOGSQL}/facets": {
        *("query", "start", "end", "limit", "max_values_per_field", "max_value_len"),
        "keep_const_fields",
    },
}
"""Each path that may be asked, and all that may be said there."""

HIDING = "hidden_fields_filters"

HEADERS = {"host", "accept", "accept-encoding", "user-agent", "accountid", "projectid"}
"""What each request carries, and nothing else where nothing else is configured."""

HIDDEN = "hidden-4711"
"""The value of `user.ssn`, which the database does not hide though it is told to."""

SERVICES = ["shop", "cart"]

_AGO_NS = 600_000_000_000
_SPAN_NS = 250_000_000


@dataclass(frozen=True)
class Asked:
    """One request, taken apart as a reader of its own does."""

    method: str
    path: str
    parameters: list[tuple[str, str]]
    headers: list[tuple[str, str]]

    @property
    def sent(self) -> dict[str, str]:
        """The headers, by their names in lower case."""
        return {name.lower(): value for name, value in self.headers}

    @property
    def tenant(self) -> str:
        return f"{self.sent['accountid']}:{self.sent['projectid']}"

    @property
    def query(self) -> str:
        return dict(self.parameters).get("query", "")


def asked_of(request: h11.Request) -> Asked:
    """What was asked. Raises `AssertionError` for what two readers could take differently."""
    target = request.target.decode("ascii")
    assert re.fullmatch(r"/[!-~]*", target), target
    assert "#" not in target
    path, _, query = target.partition("?")
    assert urlsplit(target).path == path
    return Asked(
        request.method.decode(),
        path,
        parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else [],
        [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw_items()],
    )


Hostile = Callable[[Asked], tuple[Step, ...]]


@dataclass
class Database(Peer):
    """Answers each question with what fits it, unless `hostile` is set."""

    hostile: Hostile | None = None
    asked: list[Asked] = field(default_factory=list)

    async def _answer(self, stream: ByteStream, request: h11.Request) -> None:
        asked = asked_of(request)
        self.asked.append(asked)
        steps = self.hostile(asked) if self.hostile else (plain(answer_to(asked)),)
        await self._perform(stream, steps)

    async def _perform(self, stream: ByteStream, steps: tuple[Step, ...]) -> None:
        for step, before in zip(steps, (b"", *steps), strict=False):
            if step is CLOSE:
                raise anyio.EndOfStream
            if step is FLOOD:
                while isinstance(before, bytes):
                    await stream.send(before)
            elif step is LISTEN:
                await stream.receive()
            elif isinstance(step, anyio.Event):
                await step.wait()
            elif isinstance(step, bytes):
                await stream.send(step)


@asynccontextmanager
async def database() -> AsyncIterator[Database]:
    """A database on a free port, while the block runs."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    found = Database([], listener.extra(SocketAttribute.local_port))
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, found.serve)
        yield found
        tasks.cancel_scope.cancel()


def plain(answer: Any) -> bytes:
    """A value, or rows, as the database writes them."""
    if isinstance(answer, Rows):
        body = "".join(f"{json.dumps(row)}\n" for row in answer.rows).encode()
        kind = "application/stream+json"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body
    return sized(json.dumps(answer).encode())


@dataclass(frozen=True)
class Rows:
    """Rows of a query, in the place of one JSON document."""

    rows: list[dict[str, str]]


def answer_to(asked: Asked, more: dict[str, str] | None = None) -> Any:
    """What a database with two services and one failing operation says; `more` is in each row."""
    at_ns = time.time_ns() - _AGO_NS
    return _jaeger(asked.path, at_ns) or _logsql(asked, at_ns, more or {})


def _jaeger(path: str, at_ns: int) -> Any:
    if path == f"{JAEGER}/services":
        return _enveloped(SERVICES)
    if (found := OPERATIONS.fullmatch(path)) is not None:
        return _enveloped([f"GET /{unquote(found[1])[:10]}", "POST /pay"])
    if path == f"{JAEGER}/traces":
        return _enveloped([_trace(OTHER_ID, at_ns), _trace("b" * 32, at_ns)])
    if TRACE.fullmatch(path):
        return _enveloped([_trace(path.rpartition("/")[2], at_ns)])
    if path == f"{JAEGER}/dependencies":
        return _enveloped([{"parent": "shop", "child": "cart", "callCount": 3}])
    return None


def _logsql(asked: Asked, at_ns: int, more: dict[str, str]) -> Any:
    path = asked.path
    if path == f"{LOGSQL}/field_names":
        names = ("span_attr:user.ssn", "span_attr:http.route", "resource_attr:host.name")
        return {"values": [{"value": name, "hits": 40} for name in names]}
    if path == f"{LOGSQL}/facets":
        return {"facets": [_facet("span_attr:user.ssn", HIDDEN), _facet("span_attr:pod", "p-7")]}
    if path == f"{LOGSQL}/hits":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ns // 10**9))
        return {"hits": [{"fields": {}, "timestamps": [stamp], "values": [40]}]}
    row = {**_row(at_ns), **more}
    is_of_one = " by (" not in asked.query and "| stats" in asked.query
    return Rows([row] if is_of_one else [row, {**row, "name": "POST /pay", "trace_id": OTHER_ID}])


def empty(asked: Asked) -> tuple[Step, ...]:
    """What a database says that has nothing."""
    path = asked.path
    if path.startswith(JAEGER):
        return (plain(_enveloped([])),)
    name = {"field_names": "values", "facets": "facets", "hits": "hits"}.get(path[15:])
    return (plain({name: []} if name else Rows([])),)


def _enveloped(data: Any) -> dict[str, Any]:
    return {"data": data, "total": len(data), "limit": 0, "offset": 0, "errors": None}


def _facet(name: str, value: str) -> dict[str, Any]:
    return {"field_name": name, "values": [{"field_value": value, "hits": 20}]}


def _row(at_ns: int) -> dict[str, str]:
    """A span and all columns of all statistics at once; each question takes what it asked for."""
    root = {"start_time_unix_nano": str(at_ns), "duration": str(_SPAN_NS), "name": "GET /"}
    root["resource_attr:service.name"] = "shop"
    return {
        "_time": time.strftime("%Y-%m-%dT%H:%M:%S.000000001Z", time.gmtime(at_ns // 10**9)),
        "trace_id": TRACE_ID,
        "span_id": "00f067aa0ba902b7",
        "parent_span_id": "",
        "name": "GET /",
        "kind": "2",
        "status_code": "2",
        "status_message": HIDDEN,
        "start_time_unix_nano": str(at_ns),
        "end_time_unix_nano": str(at_ns + _SPAN_NS),
        "duration": str(_SPAN_NS),
        "resource_attr:service.name": "shop",
        "resource_attr:service.version": "1.2.3",
        "resource_attr:host.name": "host-7",
        "span_attr:http.route": "/",
        "span_attr:user.ssn": HIDDEN,
        "event:0:event_name": "exception",
        "event:0:event_attr:exception.type": "Boom",
        "event:0:event_attr:exception.message": "boom",
        "event:0:event_attr:user.ssn": HIDDEN,
        "link:0:link_trace_id": OTHER_ID,
        "link:0:link_attr:user.ssn": HIDDEN,
        **dict.fromkeys(("n", "spans", "count", "count_uniq", "count() spans"), "40"),
        **dict.fromkeys(("errors", "bad", "origins", "origin_traces", "failed", "hits"), "20"),
        **dict.fromkeys(("roots", "bad_roots", "traces"), "10"),
        **dict.fromkeys(("sum_ns", "roots_ns", "squares", "max_ns", "longest"), "10000000000"),
        **dict.fromkeys(("p50_ns", "p95_ns", "p99_ns"), str(_SPAN_NS)),
        **{f"over{place}": "30" for place in range(7)},
        **{f"n{place}": "40" for place in range(3)},
        **dict.fromkeys(("first", "first_start", "last_start"), str(at_ns)),
        **dict.fromkeys(("last", "last_end"), str(at_ns + _SPAN_NS)),
        "services": '["shop","cart"]',
        "root": json.dumps(root),
        "earliest": json.dumps(root),
        "bucket": "100",
    }


def _trace(trace_id: str, at_ns: int) -> dict[str, Any]:
    """Two spans in Jaeger's form, with a hidden attribute in every place for one."""
    at_us, ssn = at_ns // 1000, [{"key": "user.ssn", "type": "string", "value": HIDDEN}]
    root = {
        "traceID": trace_id,
        "spanID": "00f067aa0ba902b7",
        "operationName": "GET /",
        "references": [],
        "startTime": at_us,
        "duration": _SPAN_NS // 1000,
        "tags": [{"key": "span.kind", "type": "string", "value": "server"}, *ssn],
        "logs": [{"timestamp": at_us, "fields": [{"key": "event", "value": "e"}, *ssn]}],
        "processID": "p1",
        "warnings": None,
    }
    reference = {"refType": "CHILD_OF", "traceID": trace_id, "spanID": root["spanID"]}
    child = {
        **root,
        "spanID": "b9c7c989f97918e1",
        "operationName": "POST /pay",
        "references": [{**reference, "tags": ssn}],
        "tags": [{"key": "error", "type": "string", "value": "true"}, *ssn],
    }
    process = {"serviceName": "shop", "tags": [{"key": "host.name", "value": "h"}, *ssn]}
    return {"traceID": trace_id, "spans": [root, child], "processes": {"p1": process}}
