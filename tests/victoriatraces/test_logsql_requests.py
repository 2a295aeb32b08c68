"""Questions about many spans as requests: endpoints, units and bounds."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from vtmcp.traces.spans import BUCKETS_MAX, SpanFilter
from vtmcp.victoriatraces import logsql_requests as requests
from vtmcp.victoriatraces.hidden_patterns import HiddenPatterns
from vtmcp.victoriatraces.logsql_requests import Buckets
from vtmcp.victoriatraces.requests import Asking, HttpRequest

HEADERS = (("Host", "db"), ("AccountID", "7"))
ASKING = Asking("/vt", HEADERS)
HIDING = Asking("", HEADERS, HiddenPatterns(("span_attr:user.*", "host.name", "*secret*")))
START_NS, END_NS = 1_795_340_000_000_000_001, 1_795_343_600_000_000_000
WANTED = SpanFilter(start_ns=START_NS, end_ns=END_NS, service="a")
WHERE = 'trace_id:* {"resource_attr:service.name"="a"}'
WINDOW = {"start": "1795340000000000001", "end": "1795343599999999999"}
DIVIDED = requests.buckets_of(START_NS, END_NS, 100)

ASKED: dict[str, tuple[HttpRequest, str, dict[str, str]]] = {
    "names": (requests.names_request(ASKING, WANTED), "field_names", {"query": WHERE}),
    "newest spans": (
        requests.spans_request(ASKING, WANTED, 20, slowest=False),
        "query",
        {"query": WHERE, "limit": "20"},
    ),
    "slowest spans": (
        requests.spans_request(ASKING, WANTED, 20, slowest=True),
        "query",
        {"query": f"{WHERE} duration:<9223372036854775808 | sort by (duration desc) limit 20"},
    ),
    "counts": (
        requests.counts_request(ASKING, WANTED, ["span_attr:a"]),
        "query",
        {"query": f'{WHERE} | stats count("span_attr:a") n0'},
    ),
    "values": (
        requests.values_request(ASKING, WANTED, "service", 2),
        "query",
        {
            "query": f'{WHERE} "resource_attr:service.name":*'
            ' | stats by ("resource_attr:service.name") count() n'
            ' | sort by (n desc, "resource_attr:service.name") limit 2'
        },
    ),
    "facets": (
        requests.facets_request(ASKING, WANTED, 5),
        "facets",
        {
            "query": WHERE,
            "limit": "5",
            "max_values_per_field": "1000",
            "max_value_len": "256",
            "keep_const_fields": "1",
        },
    ),
    "hits": (
        requests.hits_request(ASKING, WANTED, DIVIDED),
        "hits",
        {"query": WHERE, "step": "36000ms", "offset": "20000ms"},
    ),
    "a query of somebody": (
        requests.logsql_request(
            ASKING, "* | fields _time & + é", start_ns=START_NS, end_ns=END_NS, limit=3
        ),
        "query",
        {"query": "* | fields _time & + é", "limit": "3"},
    ),
}


@pytest.mark.parametrize(("request_", "endpoint", "parameters"), ASKED.values(), ids=ASKED)
def test_a_question_goes_to_its_endpoint(
    request_: HttpRequest, endpoint: str, parameters: dict[str, str]
) -> None:
    url = urlsplit(request_.target)
    assert (request_.method, url.path) == ("GET", f"/vt/select/logsql/{endpoint}")
    assert dict(parse_qsl(url.query, strict_parsing=True)) == WINDOW | parameters
    assert request_.headers == HEADERS
    assert request_.target.isascii()


def test_statistics_are_asked_of_the_query_endpoint() -> None:
    for request in (
        requests.stats_request(ASKING, WANTED, ["kind"], 5),
        requests.durations_request(ASKING, WANTED, ["kind"], [{"kind": "2"}]),
    ):
        assert request.target.startswith("/vt/select/logsql/query?query=trace_id")
        assert "&start=1795340000000000001&end=1795343599999999999" in request.target


TIMES = {
    "too small to be taken for nanoseconds": (0, 5, "2147483648000000", "2147483648000000"),
    "before 1970": (-(10**18), -1, "2147483648000000", "2147483648000000"),
    "beyond what is a time": (2**63, 2**64, str(2**63 - 1), str(2**63 - 1)),
}


@pytest.mark.parametrize(("start_ns", "end_ns", "start", "end"), TIMES.values(), ids=TIMES)
def test_times_are_nanoseconds_or_the_nearest_to_it(
    start_ns: int, end_ns: int, start: str, end: str
) -> None:
    request = requests.names_request(ASKING, SpanFilter(start_ns=start_ns, end_ns=end_ns))
    sent = dict(parse_qsl(urlsplit(request.target).query))
    assert (sent["start"], sent["end"]) == (start, end)


DIVISIONS = {
    "an hour by minutes": (0, 3_600_000_000_000, 60, Buckets(0, 60_000, 60)),
    "parts of a millisecond belong to the first and the last": (1, 2_000_001, 3, Buckets(0, 1, 3)),
    "fewer where a millisecond is the least": (0, 2_000_000, 10, Buckets(0, 1, 2)),
    "steps are rounded up": (5_000_000, 15_000_000, 3, Buckets(5, 4, 3)),
    "no window": (7_000_000, 7_000_000, 5, Buckets(7, 1, 1)),
}


@pytest.mark.parametrize(("start", "end", "count", "divided"), DIVISIONS.values(), ids=DIVISIONS)
def test_a_window_is_divided(start: int, end: int, count: int, divided: Buckets) -> None:
    assert requests.buckets_of(start, end, count) == divided
    assert divided.start_ms * 1_000_000 <= start
    assert (divided.start_ms + divided.step_ms * divided.count) * 1_000_000 >= end


def window(start_ns: int, end_ns: int) -> SpanFilter:
    return SpanFilter(start_ns=start_ns, end_ns=end_ns)


def tagged(**tags: str) -> SpanFilter:
    named = {name.replace("__", ":").replace("_dot_", "."): value for name, value in tags.items()}
    return SpanFilter(start_ns=START_NS, end_ns=END_NS, tags=named)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a window that ends before it starts": (
        lambda: requests.names_request(ASKING, window(2, 1)),
        "after its end; swap them",
    ),
    "buckets of no window": (lambda: requests.buckets_of(2, 1, 5), "after its end"),
    "no buckets": (lambda: requests.buckets_of(1, 2, 0), "0 buckets; accepted"),
    "too many buckets": (
        lambda: requests.buckets_of(1, 2, BUCKETS_MAX + 1),
        "1001 buckets; accepted: a whole number from 1 to 1000",
    ),
    "no spans": (lambda: requests.spans_request(ASKING, WANTED, 0, slowest=False), "limit is 0"),
    "a negative limit": (lambda: requests.facets_request(ASKING, WANTED, -1), "limit is -1"),
    "too many rows of somebody's query": (
        lambda: requests.logsql_request(ASKING, "*", start_ns=1, end_ns=2, limit=1_002),
        "limit is 1002",
    ),
    "grouping by what is hidden": (
        lambda: requests.stats_request(HIDING, WANTED, ["service", "user.id"], 5),
        "VT_HIDDEN_FIELDS hides",
    ),
    "the values of what is hidden": (
        lambda: requests.values_request(HIDING, WANTED, "span_attr:user.id", 5),
        "VT_HIDDEN_FIELDS hides",
    ),
    "a search by what is hidden": (
        lambda: requests.names_request(HIDING, tagged(resource_attr__host_dot_name="a")),
        "VT_HIDDEN_FIELDS hides",
    ),
    "a search by its other name": (
        lambda: requests.names_request(HIDING, tagged(span_attr__my_secret="~^a")),
        "VT_HIDDEN_FIELDS hides",
    ),
    "a query where something is hidden": (
        lambda: requests.logsql_request(HIDING, "*", start_ns=1, end_ns=2, limit=3),
        "LogsQL is not accepted where VT_HIDDEN_FIELDS is set",
    ),
}


@pytest.mark.parametrize(("ask", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_or_hidden_is_never_asked(ask: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ask()


def test_the_database_is_told_what_to_hide() -> None:
    target = requests.stats_request(HIDING, WANTED, ["service", "kind", "a"], 5).target
    assert dict(parse_qsl(urlsplit(target).query))["hidden_fields_filters"] == (
        HIDING.hidden.parameter
    )


def test_a_search_by_what_is_not_hidden_is_asked() -> None:
    shown = SpanFilter(start_ns=1, end_ns=2, tags={"http.route": "/", "a": "b"})
    assert "span_attr%3Ahttp.route" in requests.names_request(HIDING, shown).target


def test_what_every_span_has_is_never_hidden() -> None:
    all_hidden = Asking("", HEADERS, HiddenPatterns(("*",)))
    assert not any(requests.is_hidden(all_hidden, name) for name in ("service", "kind", "status"))
    assert requests.is_hidden(all_hidden, "http.route")
