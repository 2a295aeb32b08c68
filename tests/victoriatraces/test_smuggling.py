"""No argument changes the host, the path, another argument or the tenant of a request."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.model import TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces import requests
from vtmcp.victoriatraces.headers import request_headers
from vtmcp.victoriatraces.requests import Asking, HttpRequest

API = "/select/jaeger/api"
TARGET = re.compile(
    r"/(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*(?:\?(?:[A-Za-z0-9._~=&-]|%[0-9A-F]{2})*)?"
)

HOSTILE = st.sampled_from(
    [
        *("..", ".", "../../metrics", "%2e%2e", "a/b", "a?x=1", "a#b", "a&limit=-1", "a=b;c"),
        *("@evil", "//evil/", "\\\\evil", "http://evil/", "\r\nX-Evil: 1", "\x00", "a b", "+"),
        *("%", "%00", "%0d%0a", "\u2028", "\u202e", "\ud800", "\uff0e\uff0e\uff0f", "🛒"),
    ]
)
TEXTS = st.text() | HOSTILE | st.builds("".join, st.lists(HOSTILE, max_size=4))
PARTS = st.integers(0, 2**32 - 1)
TENANTS = st.builds(Tenant, PARTS, PARTS)


def asked(build: Any, tenant: Tenant) -> HttpRequest | None:
    """Return the request, unless it is refused."""
    asking = Asking("/vt", request_headers("db:1", tenant, own=()))
    try:
        request = build(asking)
    except ValueError:
        return None
    assert isinstance(request, HttpRequest)
    assert request.method == "GET"
    assert TARGET.fullmatch(request.target), request.target
    sent = dict(request.headers)
    assert sent["Host"] == "db:1"
    assert (sent["AccountID"], sent["ProjectID"]) == tuple(map(str, tenant))
    return request


@given(service=TEXTS, tenant=TENANTS)
def test_a_service_is_one_part_of_the_path(service: str, tenant: Tenant) -> None:
    request = asked(lambda asking: requests.operations_request(asking, service), tenant)
    if request is None:
        return
    parts = request.target.split("/")
    assert parts[:6] == f"/vt{API}/services".split("/")
    assert parts[7:] == ["operations"]
    assert unquote(parts[6]) == service
    assert parts[6] not in ("", ".", "..")
    assert "?" not in request.target


@given(trace_id=TEXTS | st.from_regex(r"[0-9a-fA-F]{32}.?", fullmatch=True), tenant=TENANTS)
def test_a_trace_id_is_digits_or_nothing(trace_id: str, tenant: Tenant) -> None:
    request = asked(lambda asking: requests.trace_request(asking, trace_id), tenant)
    if request is not None:
        assert re.fullmatch(rf"/vt{API}/traces/(?:[0-9a-f]{{16}}|[0-9a-f]{{32}})", request.target)


@given(
    service=TEXTS,
    operation=TEXTS,
    tags=st.dictionaries(TEXTS, TEXTS, max_size=3),
    times=st.lists(st.integers(-(2**70), 2**70), min_size=2, max_size=2),
    durations=st.lists(st.none() | st.integers(-(2**70), 2**70), min_size=2, max_size=2),
    limit=st.integers(-(2**70), 2**70) | st.integers(-2, 1_002),
    tenant=TENANTS,
)
def test_an_argument_of_a_search_is_that_argument_alone(
    *,
    service: str,
    operation: str,
    tags: dict[str, str],
    times: list[int],
    durations: list[int | None],
    limit: int,
    tenant: Tenant,
) -> None:
    query = TraceQuery(
        service=service,
        operation=operation,
        tags=tags,
        start_ns=min(times),
        end_ns=max(times),
        duration_min_ns=durations[0],
        duration_max_ns=durations[1],
        limit=limit,
    )
    request = asked(lambda asking: requests.search_request(asking, query), tenant)
    if request is None:
        return
    url = urlsplit(request.target)
    given = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True)
    names = [name for name, _ in given]
    assert url.path == f"/vt{API}/traces"
    assert len(set(names)) == len(names)
    assert set(names) <= {
        *("service", "operation", "tags", "start", "end", "minDuration", "maxDuration", "limit")
    }
    sent = dict(given)
    assert sent["service"] == service
    assert sent.get("operation", "") == operation
    assert 1 <= int(sent["limit"]) == limit <= 1_000


@given(end_ms=st.integers(), lookback_ms=st.integers(), tenant=TENANTS)
def test_times_of_the_service_graph_are_numbers(
    end_ms: int, lookback_ms: int, tenant: Tenant
) -> None:
    request = asked(
        lambda asking: requests.dependencies_request(
            asking, end_ms=end_ms, lookback_ms=lookback_ms
        ),
        tenant,
    )
    if request is not None:
        expected = f"/vt{API}/dependencies?endTs={end_ms}&lookback={lookback_ms}"
        assert request.target == expected
