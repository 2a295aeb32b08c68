"""Our requests are those that a real database answered, and a harmful one never leaves."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.victoriatraces.recordings import recorded_request
from vtmcp.traces.model import TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces import requests
from vtmcp.victoriatraces.headers import request_headers
from vtmcp.victoriatraces.hidden_patterns import HiddenPatterns
from vtmcp.victoriatraces.requests import Asking, HttpRequest


def asking(tenant: Tenant = Tenant(), prefix: str = "", hidden: tuple[str, ...] = ()) -> Asking:  # noqa: B008 - immutable
    headers = request_headers("127.0.0.1:10428", tenant, own=())
    return Asking(prefix, headers, HiddenPatterns(hidden))


ZERO = asking()
UNICODE = "каталог-サービス-🛒"
SLASH = "legacy/billing v2?x=1#frag"
LOADED_US = 1_795_343_613_000_000
ID = "d777a4774c66e0a8a013ac6ededa4e16"


def search(**more: Any) -> HttpRequest:
    query: dict[str, Any] = {
        "service": "frontend",
        "start_ns": (LOADED_US - 600_000_000) * 1_000,
        "end_ns": LOADED_US * 1_000,
    }
    asker = more.pop("asking", ZERO)
    return requests.search_request(asker, TraceQuery(**(query | more)))


def parameters(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.target).query, strict_parsing=True))


def headers(request: HttpRequest) -> dict[str, str]:
    assert len({name.lower() for name, _ in request.headers}) == len(request.headers)
    return dict(request.headers)


RECORDED = {
    "020-services": requests.services_request(ZERO),
    "021-services-tenant73": requests.services_request(asking(Tenant(7, 3))),
    "037-ops-frontend": requests.operations_request(ZERO, "frontend"),
    "039-ops-unicode": requests.operations_request(ZERO, UNICODE),
    "040-ops-slash-escaped": requests.operations_request(ZERO, SLASH),
    "115-trace-checkout_declined": requests.trace_request(ZERO, ID),
    "141-trace-tenant73": requests.trace_request(
        asking(Tenant(7, 3)), "6c27522400461c0cbb83114a5fde222d"
    ),
    "151-deps-endts-ms": requests.dependencies_request(
        ZERO, end_ms=1_795_343_913_000, lookback_ms=7_200_000
    ),
}


@pytest.mark.parametrize(("name", "request_"), RECORDED.items(), ids=RECORDED)
def test_a_request_is_the_recorded_one(name: str, request_: HttpRequest) -> None:
    target, sent = recorded_request(name)
    assert (request_.method, request_.target) == ("GET", target)
    assert sent.items() <= headers(request_).items()


SEARCHES: dict[str, HttpRequest] = {
    "061-traces-unicode": search(service=UNICODE),
    "062-traces-slash-service": search(service=SLASH),
    "063-traces-start-end-us": search(limit=2),
    "110-traces-tenant73": search(service="gateway", limit=1, asking=asking(Tenant(7, 3))),
}


@pytest.mark.parametrize(("name", "request_"), SEARCHES.items(), ids=SEARCHES)
def test_a_search_holds_the_recorded_parameters(name: str, request_: HttpRequest) -> None:
    target, sent = recorded_request(name)
    recorded = dict(parse_qsl(urlsplit(target).query))
    assert urlsplit(request_.target).path == urlsplit(target).path
    assert recorded.items() <= parameters(request_).items()
    assert sent.items() <= headers(request_).items()


WRITTEN: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "the window in microseconds and the default limit": (
        {},
        {
            "service": "frontend",
            "start": "1795343013000000",
            "end": "1795343613000000",
            "limit": "20",
        },
    ),
    "a window within a microsecond is widened to whole ones": (
        {"start_ns": 1_999, "end_ns": 2_001},
        {"service": "frontend", "start": "1", "end": "3", "limit": "20"},
    ),
    "an operation with spaces, slashes and signs": (
        {"operation": "GET /a?b=1&c=2+3%20#x"},
        {"operation": "GET /a?b=1&c=2+3%20#x"},
    ),
    "tags as a JSON object of strings": (
        {"tags": {"error": "true", "http.route": '/поиск "q"'}},
        {"tags": '{"error":"true","http.route":"/поиск \\"q\\""}'},
    ),
    "durations as Go writes them, with the bounds within": (
        {"duration_min_ns": 1_500_000, "duration_max_ns": 2_000_000_001},
        {"minDuration": "1499999ns", "maxDuration": "2000000002ns"},
    ),
    "a least duration of nothing": ({"duration_min_ns": 0}, {"minDuration": "0ns"}),
    "a largest duration of nothing": ({"duration_max_ns": 0}, {"maxDuration": "1ns"}),
    "the largest duration of all": (
        {"duration_max_ns": 2**63 - 1},
        {"maxDuration": "9223372036854775807ns"},
    ),
    "hidden fields as the database reads them": (
        {"asking": asking(hidden=("span_attr:a", "resource_attr:b*", "*c*"))},
        {"hidden_fields_filters": "span_attr:a,resource_attr:b*"},
    ),
    "the largest limit": ({"limit": 1_000}, {"limit": "1000"}),
    "the smallest limit": ({"limit": 1}, {"limit": "1"}),
}


@pytest.mark.parametrize(("query", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_a_search_is_written_as(query: dict[str, Any], expected: dict[str, str]) -> None:
    written = parameters(search(**query))
    assert expected.items() <= written.items()
    assert set(written) == {"service", "start", "end", "limit"} | set(expected)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a negative limit, which ends the database": ({"limit": -1}, "limit is -1; accepted: .* 1 to"),
    "a limit of nothing": ({"limit": 0}, "limit is 0; accepted"),
    "a limit above the database's": ({"limit": 1_001}, "from 1 to 1000"),
    "an empty service": ({"service": ""}, "no service is named"),
    "half of a surrogate pair in a service": ({"service": "a\ud800"}, "service holds half"),
    "half of a surrogate pair in an operation": ({"operation": "\udfff"}, "operation holds half"),
    "half of a surrogate pair in a tag": ({"tags": {"a": "\ud800"}}, "tags hold half"),
    "a tag that is a number": ({"tags": {"code": 500}}, "every tag value is a text"),
    "a window that runs backwards": ({"start_ns": 2, "end_ns": 1}, "is after its end"),
    "a negative least duration": ({"duration_min_ns": -1}, "minimum duration is negative"),
    "a negative largest duration": ({"duration_max_ns": -1}, "maximum duration is negative"),
    "a tag that is hidden": (
        {"tags": {"user.email": "~^a"}, "asking": asking(hidden=("span_attr:user.*",))},
        "an attribute that VT_HIDDEN_FIELDS hides",
    ),
    "a tag of a resource that is hidden": (
        {"tags": {"resource_attr:host.ip": "x"}, "asking": asking(hidden=("host.*",))},
        "an attribute that VT_HIDDEN_FIELDS hides",
    ),
    "more text than the database takes": ({"tags": {"a": "x" * 16_384}}, "the database takes"),
}


@pytest.mark.parametrize(("query", "complaint"), REFUSED.values(), ids=REFUSED)
def test_a_search_that_never_leaves(query: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        search(**query)


SERVICES = {
    "a slash": ("a/b", "a%2Fb"),
    "a question mark and a hash": ("a?b#c", "a%3Fb%23c"),
    "a percent sign": ("a%2Fb", "a%252Fb"),
    "a step up": ("..", "%2E%2E"),
    "a step nowhere": (".", "%2E"),
    "several steps up": ("../../metrics", "..%2F..%2Fmetrics"),
    "a line break": ("a\r\nb", "a%0D%0Ab"),
    "a plain name with signs": ("a.b_c-d~e", "a.b_c-d~e"),
}


@pytest.mark.parametrize(("service", "part"), SERVICES.values(), ids=SERVICES)
def test_a_service_stays_one_part_of_the_path(service: str, part: str) -> None:
    request = requests.operations_request(ZERO, service)
    assert request.target == f"/select/jaeger/api/services/{part}/operations"


def test_operations_need_a_service() -> None:
    with pytest.raises(ValueError, match="no service is named"):
        requests.operations_request(ZERO, "")


TRACE_IDS = {
    "upper case": ID.upper(),
    "a traceparent": f"00-{ID}-00f067aa0ba902b7-01",
    "dashes": "d777a477-4c66-e0a8-a013-ac6ededa4e16",
}


@pytest.mark.parametrize("trace_id", TRACE_IDS.values(), ids=TRACE_IDS)
def test_a_trace_id_is_sent_in_lower_case(trace_id: str) -> None:
    request = requests.trace_request(ZERO, trace_id)
    assert request.target == f"/select/jaeger/api/traces/{ID}"


@pytest.mark.parametrize("trace_id", ["../../../../metrics", "", "zzz", f"{ID}/x", f"{ID}?raw=1"])
def test_what_is_no_trace_id_never_becomes_a_path(trace_id: str) -> None:
    with pytest.raises(ValueError, match="is not a trace id"):
        requests.trace_request(ZERO, trace_id)


@pytest.mark.parametrize("lookback_ms", [0, -1, 2**63])
def test_a_lookback_that_never_leaves(lookback_ms: int) -> None:
    with pytest.raises(ValueError, match=r"lookback is .* accepted"):
        requests.dependencies_request(ZERO, end_ms=1, lookback_ms=lookback_ms)


def test_a_failed_span_may_be_searched_whatever_is_hidden() -> None:
    written = parameters(search(tags={"error": "true"}, asking=asking(hidden=("span_attr:*",))))
    assert written["tags"] == '{"error":"true"}'


def test_a_trace_is_asked_for_without_what_is_hidden() -> None:
    request = requests.trace_request(asking(hidden=("span_attr:*",)), ID)
    assert request.target.endswith(f"/traces/{ID}?hidden_fields_filters=span_attr%3A%2A")


def test_the_path_prefix_stands_first() -> None:
    request = requests.services_request(asking(prefix="/team%20a/vt"))
    assert request.target == "/team%20a/vt/select/jaeger/api/services"


def test_no_secret_shows_in_a_representation() -> None:
    asker = Asking("", (("X-Key", "s3cret"),))
    assert "s3cret" not in f"{asker!r} {requests.services_request(asker)!r}"
