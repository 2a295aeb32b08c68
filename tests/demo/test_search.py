"""Which spans fit a query: one row a rule of the database."""

from typing import Any

import pytest

from tests.demo.samples import NOW_NS, S, query, span
from vtmcp.demo.search import condition
from vtmcp.traces.model import SourceError

FAILED = {"status": "error", "status_message": "no stock"}
FULL = {
    "attributes": {"http.route": "/orders", "user.id": "u1"},
    "resource": {"service.version": "5.0.3", "host.name": "node-1"},
    "scope": {"otel.scope.name": "go", "otel.scope.version": "1.0", "scope.team": "platform"},
}

FITS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "a span of the service": ({}, {}, True),
    "a span of another service": ({}, {"service": "cart"}, False),
    "the operation": ({"operation": "POST /orders"}, {}, True),
    "a part of the operation": ({"operation": "POST"}, {}, False),
    "a duration in between": (
        {"duration_min_ns": 2 * S, "duration_max_ns": 2 * S},
        {},
        True,
    ),
    "a duration too short": ({"duration_min_ns": 2 * S + 1}, {}, False),
    "a duration too long": ({"duration_max_ns": 2 * S - 1}, {}, False),
    "a span that ends with the window": ({"end_ns": NOW_NS - 8 * S}, {}, True),
    "a span that ends after the window": ({"end_ns": NOW_NS - 8 * S - 1}, {}, False),
    "a span that starts before the window": ({"start_ns": NOW_NS - 8 * S}, {}, True),
    "a span that ends before the window": ({"start_ns": NOW_NS - 8 * S + 1}, {}, False),
    "an attribute": ({"tags": {"http.route": "/orders"}}, FULL, True),
    "a part of an attribute": ({"tags": {"http.route": "/order"}}, FULL, False),
    "a star is a star": ({"tags": {"user.id": "*"}}, FULL, False),
    "an expression": ({"tags": {"http.route": "~^/ord"}}, FULL, True),
    "an expression that does not match": ({"tags": {"http.route": "~^ord"}}, FULL, False),
    "two attributes of one span": ({"tags": {"http.route": "~.", "user.id": "u1"}}, FULL, True),
    "two attributes, one wrong": ({"tags": {"http.route": "~.", "user.id": "u2"}}, FULL, False),
    "an empty value and no attribute": ({"tags": {"order.id": ""}}, FULL, True),
    "an empty value and an attribute": ({"tags": {"user.id": ""}}, FULL, False),
    "a resource attribute": ({"tags": {"resource_attr:service.version": "5.0.3"}}, FULL, True),
    "a resource attribute without prefix": ({"tags": {"service.version": "5.0.3"}}, FULL, False),
    "a resource expression": ({"tags": {"resource_attr:host.name": "~node"}}, FULL, True),
    "the service as a resource attribute": (
        {"tags": {"resource_attr:service.name": "checkout"}},
        FULL,
        True,
    ),
    "a scope attribute": ({"tags": {"scope_attr:scope.team": "platform"}}, FULL, True),
    "the scope": ({"tags": {"otel.scope.name": "go", "otel.scope.version": "1.0"}}, FULL, True),
    "an error": ({"tags": {"error": "true"}}, FAILED, True),
    "no error": ({"tags": {"error": "true"}}, {}, False),
    "false means OK": ({"tags": {"error": "false"}}, {}, False),
    "false is OK": ({"tags": {"error": "false"}}, {"status": "ok"}, True),
    "unset": ({"tags": {"error": "unset"}}, {}, True),
    "the message of an error": ({"tags": {"otel.status_description": "no stock"}}, FAILED, True),
    "a kind": ({"tags": {"span.kind": "server"}}, {}, True),
    "a kind in capitals": ({"tags": {"span.kind": "SERVER"}}, {}, False),
}


@pytest.mark.parametrize(("asked", "what", "fits"), FITS.values(), ids=FITS)
def test_a_span_fits_or_not(asked: dict[str, Any], what: dict[str, Any], fits: bool) -> None:
    assert condition(query(**asked))(span(**what)) is fits


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no service": ({"service": ""}, "no service is named"),
    "a limit of nothing": ({"limit": 0}, "limit is 0"),
    "a negative limit": ({"limit": -1}, "limit is -1"),
    "a limit too large": ({"limit": 1_001}, "limit is 1001"),
    "a window that ends before it starts": ({"end_ns": 1}, "after its end"),
    "a bad expression": ({"tags": {"http.route": "~("}}, "invalid"),
}


@pytest.mark.parametrize(("asked", "why"), REFUSED.values(), ids=REFUSED)
def test_what_the_database_refuses_is_refused(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(SourceError, match=why):
        condition(query(**asked))
