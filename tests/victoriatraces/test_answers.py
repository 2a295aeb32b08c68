"""What the database said, in each of its ways, becomes data or the error that it means."""

import re
from collections.abc import Callable

import pytest

from tests.victoriatraces.recordings import recorded, recorded_body
from vtmcp.traces.model import Dependency, Found, SourceError
from vtmcp.victoriatraces import answers
from vtmcp.victoriatraces.response import HttpResponse

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
NONE = Found((), ())


def said(body: str | bytes, status: int = 200, kind: str = JSON, **headers: str) -> HttpResponse:
    sent = body if isinstance(body, bytes) else body.encode()
    named = {"content-type": kind} | headers
    return HttpResponse(status, tuple((key, value) for key, value in named.items() if value), sent)


NAMES: dict[str, tuple[HttpResponse, list[str]]] = {
    "services of another tenant": (
        recorded("021-services-tenant73"),
        ["device-registry", "gateway", "telemetry-store"],
    ),
    "no service": (recorded("022-services-tenant-empty"), []),
    "an unknown service has no operations": (recorded("038-ops-unknown"), []),
    "operations in any script": (recorded("039-ops-unicode"), ["GET /поиск/検索 🔎"]),
    "operations with quotes": (
        recorded("040-ops-slash-escaped"),
        ['SELECT * FROM "weird"; DROP TABLE x; --'],
    ),
    "operations of another tenant": (
        recorded("045-ops-tenant73"),
        ["GET", "GET /iot/devices", "telemetry.Store/Last"],
    ),
    "no data, as Jaeger writes it": (said('{"data":null,"errors":null}'), []),
    "JSON without a content type": (said('{"data":["a"]}', kind=""), ["a"]),
    "JSON by another name": (said('{"data":["a"]}', kind="application/vnd.x+json"), ["a"]),
    "bytes that are no UTF-8 cost only themselves": (
        said(b'{"data":["caf\xe9","b"]}'),
        ["caf\N{REPLACEMENT CHARACTER}", "b"],
    ),
}


@pytest.mark.parametrize(("response", "expected"), NAMES.values(), ids=NAMES)
def test_names_are_read(response: HttpResponse, expected: list[str]) -> None:
    assert answers.read_names(response) == expected


def test_all_recorded_services_are_read() -> None:
    names = answers.read_names(recorded("020-services"))
    assert len(names) == 15
    assert {"cart", "legacy/billing v2?x=1#frag", "каталог-サービス-🛒"} <= set(names)


EDGES: dict[str, tuple[HttpResponse, list[Dependency]]] = {
    "another tenant's graph": (
        recorded("161-deps-tenant73"),
        [
            Dependency("gateway", "device-registry", 60),
            Dependency("device-registry", "device-registry:mysql", 60),
            Dependency("gateway", "telemetry-store", 20),
        ],
    ),
    "no graph": (recorded("152-deps-endts-us"), []),
}


@pytest.mark.parametrize(("response", "expected"), EDGES.values(), ids=EDGES)
def test_edges_are_read(response: HttpResponse, expected: list[Dependency]) -> None:
    assert answers.read_dependencies(response) == expected


def test_the_whole_graph_is_read() -> None:
    edges = answers.read_dependencies(recorded("150-deps-default"))
    assert len(edges) == 16
    assert Dependency("cart", "cart:redis", 320) in edges


SEARCHES = {
    "one trace": ("049-traces-limit1", 1),
    "two traces": ("063-traces-start-end-us", 2),
    "a service in any script": ("061-traces-unicode", 1),
    "a service with a slash": ("062-traces-slash-service", 1),
    "another tenant's trace": ("110-traces-tenant73", 1),
    "a trace whose spans were all lost (total is 1)": ("109-traces-broken-clock", 0),
}


@pytest.mark.parametrize(("name", "count"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_is_read(name: str, count: int) -> None:
    found = answers.read_search(recorded(name))
    assert [trace.trace_id for trace in found.traces] == [raw["traceID"] for raw in found.raw]
    assert len(found.traces) == count
    assert all(trace.spans for trace in found.traces)


def test_traces_without_spans_are_left_out() -> None:
    whole = recorded_body("126-trace-no_service").decode()
    empty = '{"data":[{"processes":{},"spans":[],"traceID":"1"},'
    found = answers.read_search(said(whole.replace('{"data":[', empty, 1)))
    assert len(found.traces) == len(found.raw) == 1
    assert found.raw[0]["traceID"] == found.traces[0].trace_id


TRACES = {
    "a failed checkout": ("115-trace-checkout_declined", "d777a4774c66e0a8a013ac6ededa4e16", 18),
    "another tenant's": ("141-trace-tenant73", "6c27522400461c0cbb83114a5fde222d", 6),
    "a part of 6,000 spans, given as if it were whole": (
        "146-trace-timeout-1ms",
        "4797fe1eeab4bce840f960502efc7709",
        1_589,
    ),
}


@pytest.mark.parametrize(("name", "trace_id", "count"), TRACES.values(), ids=TRACES)
def test_one_trace_is_read(name: str, trace_id: str, count: int) -> None:
    found = answers.read_found_trace(recorded(name))
    (trace,) = found.traces
    assert (trace.trace_id, len(trace.spans)) == (trace_id, count)
    assert found.raw[0]["traceID"] == trace_id


NOT_FOUND_BODY = recorded_body("132-trace-unknown")

NOT_FOUND = {
    "unknown: 404 with errors": recorded("132-trace-unknown"),
    "lost because it ended before it started": recorded("122-trace-end_before_start"),
    "another tenant's": recorded("140-trace-other-tenant"),
    "older: 200 with the same body": said(NOT_FOUND_BODY),
    "older: 200 with no data and a total of 1": recorded("109-traces-broken-clock"),
    "no spans": said('{"data":[{"processes":{},"spans":[],"traceID":"1"}]}'),
    "null": said('{"data":null,"errors":null,"total":0}'),
    "404 with errors and nothing else": said('{"errors":[{"code":404,"msg":"gone"}]}', 404),
    "404 without a content type": said(NOT_FOUND_BODY, 404, kind=""),
    "outside retention in plain text": said("cannot get traces: outside retention\n", 400, TEXT),
    "out of retention in plain text": said("x: request time out of retention\n", 400, TEXT),
    "out of retention with 200": said("trace is outside the retention", 200, TEXT),
    "out of retention with 404": said("trace is outside the retention", 404, TEXT),
}


@pytest.mark.parametrize("response", NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_trace_is_not_found(response: HttpResponse) -> None:
    assert answers.read_found_trace(response) == NONE


NODE_DOWN = (
    'cannot get services list: cannot connect to storage node at "http://10.0.0.1:1/internal": '
    "dial tcp4 10.0.0.1:1: connect: connection refused\n"
)
"""Seen on a cluster with a storage node down: 400 for names and traces by id, 502 for others."""

ALL = (
    answers.read_names,
    answers.read_search,
    answers.read_found_trace,
    answers.read_dependencies,
)

FAILURES: dict[str, tuple[HttpResponse, str]] = {
    "a bad parameter": (
        recorded("080-traces-mindur-day"),
        r'^the database answered 400: "incorrect trace query params: cannot parse minDuration '
        r'\[1d\]: time: unknown unit \\"d\\" in duration \\"1d\\""$',
    ),
    "a bad tenant": (recorded("026-services-bad-account"), "answered 400: .*cannot obtain tenant"),
    "too many traces": (recorded("052-traces-limit1001"), "limit should be not higher than 1000"),
    "a tag of another type": (recorded("086-traces-tags-error-bool"), "cannot unmarshal bool"),
    "a bad regular expression, cut": (
        recorded("093-traces-tags-regex-bad"),
        r"answered 400: .*cannot parse query .*…\(\+\d+ chars\)$",
    ),
    "a wrong path": (
        recorded("023-services-trailing-slash"),
        "answered 400: .*unsupported path requested.*; check that VT_INSTANCE_ENTRYPOINT",
    ),
    "a node that takes data in": (
        said("requests to /select/* are disabled\n", 400, TEXT),
        "use a vtselect node",
    ),
    "a storage node down, with 400": (
        said(NODE_DOWN, 400, TEXT),
        "answered 400: .*; a storage node of the cluster does not answer.*part",
    ),
    "a storage node down, with 502": (
        said(NODE_DOWN, 502, TEXT),
        "answered 502: .*; a storage node of the cluster does not answer.*part",
    ),
    "a bad gateway": (said("bad gateway", 502, TEXT), "502: .*node of its cluster or a proxy"),
    "an overload": (said("", 503, TEXT), r"^the database answered 503; .*try again later$"),
    "a slow gateway": (said("", 504), "504; .*ask for a shorter time window"),
    "a fault": (said("panic", 500, TEXT), '^the database answered 500: "panic"$'),
    "no credentials": (said("", 401), "401; check VT_INSTANCE_BEARER_TOKEN and VT_INSTANCE_HEAD"),
    "wrong credentials": (
        said("Forbidden", 403, TEXT),
        '403: "Forbidden"; check VT_INSTANCE_BEARER_TOKEN and VT_INSTANCE_HEADERS, .*tenant',
    ),
    "a login page": (
        said("<html>Please sign in", 401, "text/html"),
        "401 with a web page; check VT_INSTANCE_BEARER_TOKEN",
    ),
    "a web page of an unknown fault": (
        said("<!DOCTYPE html><title>oops", 500, ""),
        "500 with a web page; check that VT_INSTANCE_ENTRYPOINT",
    ),
    "a proxy that wants credentials": (said("", 407), "407; a proxy wants credentials"),
    "too many requests": (said("", 429), "429; too many requests at once"),
    "too long a request": (said("", 414), "414; use shorter or fewer names"),
    "a redirect within the host": (
        recorded("014-vmui"),
        "302, a redirect within the same host; redirects are not followed; set VT_INSTANCE_ENTRY",
    ),
    "a redirect elsewhere": (
        said("", 307, location="https://me:pw@login.example/?token=abc"),
        "307, a redirect to login.example; redirects are not followed",
    ),
    "a redirect to nonsense": (said("", 301, location="http://[::1"), "within the same host"),
    "a web page instead of data": (
        said("<html>Welcome", 200, "text/html; charset=utf-8"),
        r"^the answer \(200\) is a web page, not data; check that VT_INSTANCE_ENTRYPOINT",
    ),
    "a web page that does not say so": (said("\n <!doctype HTML>", 200, ""), "is a web page"),
    "plain text instead of data": (
        said("OK", 200, TEXT),
        r'is text/plain; charset=utf-8, not JSON: "OK"; check that VT_INSTANCE_ENTRYPOINT',
    ),
    "nothing, with success": (said("", 204, ""), "^the database answered 204$"),
    "an empty body": (said("", 200), r"is not whole JSON \(0 bytes came\); .*try again"),
    "JSON that breaks off": (
        said(recorded_body("115-trace-checkout_declined")[:10_000]),
        r"is not whole JSON \(10000 bytes came\)",
    ),
    "errors with success": (
        said('{"data":[],"errors":[{"code":500,"msg":"a\\u001b[31mb"},{"code":1},"x"]}'),
        r'answered with errors: "ab; {\\"code\\":1}; \\"x\\""$',
    ),
    "errors of an odd shape": (
        said('{"data":[],"errors":{"why":"not"}}'),
        r'errors: "{\\"why\\":\\"not\\"}"',
    ),
    "errors of a cluster": (
        said('{"data":null,"errors":[{"msg":"all the vlstorage nodes are unavailable"}]}'),
        "errors: .*; a storage node",
    ),
    "a list": (said("[]"), "JSON of an unknown shape; check that VT_INSTANCE_ENTRYPOINT"),
    "no data member": (said('{"status":"success"}'), "JSON of an unknown shape"),
    "data of an odd shape": (said('{"data":{}}'), "JSON of an unknown shape"),
    "items of an odd shape": (said('{"data":[7]}'), "JSON of an unknown shape"),
    "a number too many brackets deep": (said("[" * 5_000), "is not whole JSON"),
}


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.__name__)
@pytest.mark.parametrize(("response", "complaint"), FAILURES.values(), ids=FAILURES)
def test_a_failure_says_what_to_do(
    response: HttpResponse, complaint: str, read: Callable[[HttpResponse], object]
) -> None:
    with pytest.raises(SourceError, match=complaint) as caught:
        read(response)
    assert str(caught.value).isprintable()
    assert not re.search(r"token=abc|pw@", str(caught.value))


NOT_FOR_LISTS: dict[str, tuple[HttpResponse, str]] = {
    "a window in the wrong unit": (
        recorded("066-traces-start-end-s"),
        "answered 400: .*out of retention.*; the time window lies outside what the database keeps",
    ),
    "a graph of a wrong window": (recorded("153-deps-endts-s"), "; the time window lies outside"),
    "not found": (recorded("132-trace-unknown"), "answered 404: .*; check the path prefix"),
    "not found with success": (said(NOT_FOUND_BODY), 'with errors: "trace not found"'),
}


@pytest.mark.parametrize("read", [answers.read_names, answers.read_search])
@pytest.mark.parametrize(("response", "complaint"), NOT_FOR_LISTS.values(), ids=NOT_FOR_LISTS)
def test_only_a_trace_by_id_may_be_missing(
    response: HttpResponse, complaint: str, read: Callable[[HttpResponse], object]
) -> None:
    with pytest.raises(SourceError, match=complaint):
        read(response)


NOT_MISSING: dict[str, tuple[HttpResponse, str]] = {
    "the path without an id": (recorded("137-trace-empty"), "unsupported path requested"),
    "404 in plain text": (said("404 page not found", 404, TEXT), "404: .*check the path prefix"),
    "404 with a web page": (said("<html>", 404, "text/html"), "404 with a web page; check the pa"),
    "404 with JSON of something else": (said('{"message":"no route"}', 404), "404: .*no route"),
    "404 with broken JSON": (said("{", 404), "is not whole JSON"),
    "404 with errors of something else": (said('{"errors":["x"]}', 404), "404: .*path prefix"),
}


@pytest.mark.parametrize(("response", "complaint"), NOT_MISSING.values(), ids=NOT_MISSING)
def test_a_trace_is_not_called_missing_when_something_failed(
    response: HttpResponse, complaint: str
) -> None:
    with pytest.raises(SourceError, match=complaint):
        answers.read_found_trace(response)


EDGES_REFUSED = {
    "no count": '{"parent":"a","child":"b"}',
    "a count that is a text": '{"parent":"a","child":"b","callCount":"1"}',
    "a name that is no text": '{"parent":1,"child":"b","callCount":1}',
}


@pytest.mark.parametrize("edge", EDGES_REFUSED.values(), ids=EDGES_REFUSED)
def test_an_edge_of_an_odd_shape_is_refused(edge: str) -> None:
    with pytest.raises(SourceError, match="unknown shape"):
        answers.read_dependencies(said(f'{{"data":[{edge}]}}'))
