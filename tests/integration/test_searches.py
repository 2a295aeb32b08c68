"""`traces` finds the traces that the database holds, and no others."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.asking import Answer, ask
from tests.integration.loading import HOSTILE
from tests.integration.stories import Row, matching, traces_of
from tests.integration.upstream import Upstream

pytestmark = pytest.mark.anyio

LIMIT = 100
"""More than match anywhere, where the database is real."""

Condition = Callable[[Row], bool]

SEARCHES: dict[str, tuple[str, dict[str, Any], str, Condition]] = {
    "an operation": (
        "frontend",
        {"operation": "POST /checkout"},
        "055-traces-op",
        lambda row: row.name == "POST /checkout",
    ),
    "a least duration": (
        "frontend",
        {"minDuration": "1s"},
        "075-traces-min1s",
        lambda row: row.duration_us >= 1_000_000,
    ),
    "a most duration": (
        "frontend",
        {"maxDuration": "10ms"},
        "076-traces-max10ms",
        lambda row: row.duration_us <= 10_000,
    ),
    "errors": (
        "payment",
        {"errors_only": True},
        "083-traces-tags-error",
        lambda row: row.status == "error",
    ),
    "an attribute, given as a number": (
        "frontend",
        {"tags": {"http.response.status_code": 402}},
        "088-traces-tags-http",
        lambda row: ("http.response.status_code", "402") in row.tags,
    ),
    "an attribute of the resource": (
        "payment",
        {"tags": {"resource_attr:service.version": "2.0.0-rc1"}},
        "094-traces-tags-resource",
        lambda row: ("service.version", "2.0.0-rc1") in row.resource,
    ),
    "a service of all scripts": (
        "каталог-サービス-🛒",
        {},
        "061-traces-unicode",
        lambda row: True,
    ),
    "a service that a URL would take apart": (
        "legacy/billing v2?x=1#frag",
        {},
        "062-traces-slash-service",
        lambda row: True,
    ),
}


def ids_in(answer: Answer) -> list[str]:
    return re.findall(r"^([0-9a-f]{32})  ", answer.text, re.MULTILINE)


def ids_in_json(answer: Answer) -> list[str]:
    return [trace["traceID"] for trace in json.loads(answer.texts[0])["data"]]


@pytest.mark.parametrize(
    ("service", "arguments", "recording", "condition"), SEARCHES.values(), ids=SEARCHES
)
async def test_a_search_finds_what_matches(
    database: Upstream,
    service: str,
    arguments: dict[str, Any],
    recording: str,
    condition: Condition,
) -> None:
    name = database.service(service)
    held = list(database.mine.values()) if database.is_real else traces_of(recording)
    matches = matching(held, lambda row: row.service == name and condition(row))
    arguments = {"service": name, "limit": LIMIT, **database.window, **arguments}
    raw = await ask(database.entrypoint, "traces", format="json", **arguments)
    assert sorted(ids_in_json(raw)) == sorted(matches)
    assert matches
    if not database.is_real:  # What was recorded of LogsQL is in `test_trace_summaries.py`.
        return
    answer = await ask(database.entrypoint, "traces", **arguments)
    assert sorted(ids_in(answer)) == sorted(matches)
    started = re.findall(r"^[0-9a-f]{32}  (\S+ \S+)  ", answer.text, re.MULTILINE)
    assert started == sorted(started, reverse=True)


async def test_a_search_in_another_tenant(database: Upstream) -> None:
    answer = await ask(
        database.entrypoint,
        "traces",
        service=database.service("gateway"),
        tenant=database.second_tenant,
        format="json",
        **database.window,
    )
    held = database.theirs.values() if database.is_real else traces_of("110-traces-tenant73")
    assert ids_in_json(answer) == [trace["traceID"] for trace in held]


NOTHING: dict[str, dict[str, Any]] = {
    "an unknown service": {"service": "nope"},
    "a service that would end a query": {"service": 'x"} or *'},
    "a tag that would end a query": {"service": "frontend", "tags": {'x" or *': 'y" or *'}},
    "a service of the other tenant": {"service": "frontend", "tenant": "second"},
}


@pytest.mark.parametrize("arguments", NOTHING.values(), ids=NOTHING)
async def test_a_search_finds_nothing_of_what_is_not_there(
    database: Upstream, arguments: dict[str, Any]
) -> None:
    arguments = {**arguments, "service": database.service(arguments["service"])}
    if "tenant" in arguments:
        arguments["tenant"] = database.second_tenant
    arguments = {**database.window, **arguments}
    answer = await ask(database.entrypoint, "traces", format="json", **arguments)
    assert answer.lines[:1] == ['{"data":[]}']
    assert answer.lines[1].startswith("No spans: ")
    assert not answer.is_error
    if database.is_real:
        answer = await ask(database.entrypoint, "traces", **arguments)
        # LogsQL has no way to name an attribute that ends with a star.
        refused = "a name ends with *" in answer.lines[0]
        assert refused or answer.lines[0].startswith("No spans: ")


async def test_a_search_by_a_name_that_means_something_elsewhere(database: Upstream) -> None:
    if not database.is_real:
        pytest.skip("only a real database was sent such names: VT_TEST_ENTRYPOINT is not set")
    for service, operation in HOSTILE.items():
        answer = await ask(
            database.entrypoint, "traces", service=service, operation=operation, **database.window
        )
        assert database.mine[service]["traceID"] in ids_in(answer), service
