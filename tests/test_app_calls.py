"""The line on a call: its ids, when it is written, and what stands in it."""

import io
from typing import Any

import orjson
import pytest

from tests.handlers.peer import NotedPeer, a_call
from vtmcp.app_calls import Calls
from vtmcp.app_metrics import AppMetrics
from vtmcp.handlers.context import Context
from vtmcp.logs import Log, fingerprint
from vtmcp.protocol.messages import Json
from vtmcp.router import Observed

TRACE = "ab" * 16
HEADERS = (("mcp-session-id", "hunter2"), ("traceparent", f"00-{TRACE}-{'cd' * 8}-01"))
FINE = Observed("tools/call", "trace", 0.25, "ok")


def calls(level: str = "info", **more: Any) -> tuple[Calls, io.StringIO]:
    lines = io.StringIO()
    return Calls(Log(lines, level=level, format="json"), **more), lines


def logged(
    observed: Observed, level: str = "info", params: Json | None = None, **known: Any
) -> list[Json]:
    """The lines on one call, in a service for many."""
    made, lines = calls(level, is_quiet=False)
    context = Context(a_call(observed.method, params), NotedPeer(), caller=observed.caller, **known)
    made.follow(context)(observed)
    return [orjson.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_has_ids_by_which_one_call_is_followed() -> None:
    [line] = logged(FINE._replace(caller="ann"), headers=HEADERS)
    del line["time"]
    assert line.pop("request").endswith("-1")
    assert line == {
        "level": "info",
        "msg": "call",
        "session": fingerprint("hunter2"),
        "caller": "ann",
        "trace": TRACE,
        "method": "tools/call",
        "name": "trace",
        "seconds": 0.25,
        "outcome": "ok",
    }


def test_each_call_has_an_id_of_its_own_and_so_has_each_process() -> None:
    made, lines = calls(is_quiet=False)
    other, more = calls(is_quiet=False)
    for each in (made, made, other):
        each.follow(Context(a_call(), NotedPeer()))(FINE)
    text = lines.getvalue() + more.getvalue()
    ids = [orjson.loads(line)["request"] for line in text.splitlines()]
    assert [one.rpartition("-")[2] for one in ids] == ["1", "2", "1"]
    assert ids[0].rpartition("-")[0] == ids[1].rpartition("-")[0] != ids[2].rpartition("-")[0]


# How a call ended, and the level of its line in a service for many, and over stdio.
LEVELS: dict[str, tuple[Observed, str, str]] = {
    "a tool call that ended well": (FINE, "info", "debug"),
    "one that asks its client": (FINE._replace(outcome="input_required"), "info", "debug"),
    "one that was cancelled": (FINE._replace(outcome="cancelled"), "info", "debug"),
    "one that failed": (FINE._replace(outcome="tool_error"), "warn", "warn"),
    "a fault of ours": (FINE._replace(outcome="KeyError:call:1"), "warn", "warn"),
    "a list": (FINE._replace(method="tools/list"), "debug", "debug"),
    "a list that failed": (FINE._replace(method="tools/list", outcome="-32602"), "warn", "warn"),
}


@pytest.mark.parametrize(("observed", "service", "stdio"), LEVELS.values(), ids=LEVELS)
def test_the_level_of(observed: Observed, service: str, stdio: str) -> None:
    for is_quiet, level in ((False, service), (True, stdio)):
        made, lines = calls("debug", is_quiet=is_quiet)
        made.follow(Context(a_call(observed.method), NotedPeer()))(observed)
        assert orjson.loads(lines.getvalue())["level"] == level


def test_arguments_are_in_it_with_debug_only_and_redacted() -> None:
    params = {"name": "trace", "arguments": {"trace_id": "ab", "token": "hunter2"}}
    [line] = logged(FINE, "info", params)
    assert "arguments" not in line
    [line] = logged(FINE, "debug", params)
    assert orjson.loads(line["arguments"]) == {"trace_id": "ab", "token": "[redacted]"}
    [line] = logged(FINE._replace(method="tools/list"), "debug")
    assert "arguments" not in line


def test_a_refusal_is_told_with_its_id_and_counted_whether_or_not_it_is_logged() -> None:
    refused = Observed("tools/call", "n" * 200, 0.1, "403", "ann")
    metrics = AppMetrics("1")
    for level, expected in (("error", 0), ("warn", 1)):
        made, lines = calls(level, metrics=metrics)
        made.follow(Context(a_call(), NotedPeer(), caller="ann"))(refused)
        told = [orjson.loads(line) for line in lines.getvalue().splitlines()]
        assert len(told) == expected
    assert told[0]["request"].endswith("-1")
    assert (told[0]["msg"], told[0]["caller"]) == ("refused", "ann")
    assert (told[0]["reason"], told[0]["tool"]) == ("tool", "n" * 100)
    assert 'vtmcp_refused_total{what="tool",reason="not_allowed"} 2\n' in metrics.text()


def test_a_span_begins_with_the_call_and_has_its_id() -> None:
    heard: list[object] = []

    def begin(context: Context, request: str) -> Any:
        heard.append(request)
        return heard.append

    made, lines = calls(begin_span=begin, is_quiet=False)
    ended = made.follow(Context(a_call(), NotedPeer()))
    [request] = heard
    ended(FINE)
    assert heard == [request, FINE]
    assert orjson.loads(lines.getvalue())["request"] == request
