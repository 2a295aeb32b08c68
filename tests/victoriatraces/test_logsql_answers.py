"""What the database says of many spans becomes values, or the error that it means."""

from collections.abc import Callable

import orjson
import pytest

from tests.victoriatraces.recordings import recorded
from tests.victoriatraces.test_answers import TEXT, said
from vtmcp.traces.model import SourceError
from vtmcp.traces.spans import Counted, Histogram
from vtmcp.victoriatraces import logsql_answers as answers
from vtmcp.victoriatraces.logsql_requests import Buckets
from vtmcp.victoriatraces.response import HttpResponse

LINES = "application/stream+json"


def test_rows_are_read_a_line_each() -> None:
    rows = answers.read_rows(recorded("167-q-errors"))
    assert len(rows) == 5
    assert rows[0]["name"] == "POST /checkout"
    assert rows[0]["resource_attr:service.name"] == "frontend"


ROWS: dict[str, tuple[HttpResponse, list[dict[str, str]]]] = {
    "nothing": (recorded("185-q-nomatch"), []),
    "lines end in any way": (
        said('\n{"a":"1"}\r\n\n{"a":"2"}', kind=LINES),
        [{"a": "1"}, {"a": "2"}],
    ),
    "a value that is no text": (
        said('{"a":1,"b":null,"c":[true]}', kind=LINES),
        [{"a": "1", "b": "", "c": "[true]"}],
    ),
    "bytes that are no UTF-8 cost only themselves": (
        said(b'{"a":"caf\xe9"}\n{"b":"c"}\n', kind=LINES),
        [{"a": "caf\N{REPLACEMENT CHARACTER}"}, {"b": "c"}],
    ),
}


@pytest.mark.parametrize(("response", "rows"), ROWS.values(), ids=ROWS)
def test_rows_are_read(response: HttpResponse, rows: list[dict[str, str]]) -> None:
    assert answers.read_rows(response) == rows


def test_rows_that_are_no_spans_have_no_ids() -> None:
    spans = answers.read_spans(recorded("165-q-limit2"))
    assert [bool(span.span_id) for span in spans].count(True) >= 1


def test_names_come_as_they_are_stored() -> None:
    names = answers.read_names(recorded("232-field-names"))
    assert {"_time", "duration", "span_attr:http.route", "resource_attr:host.name"} <= set(names)


def test_facets_are_those_of_attributes_in_our_words() -> None:
    found = {facet.name: facet.values for facet in answers.read_facets(recorded("216-facets-err"))}
    assert {"service", "operation", "kind", "http.response.status_code"} <= set(found)
    assert not [name for name in found if name.startswith(("_", "event:", "span_attr:"))]
    assert {value.text for value in found["kind"]} <= {"client", "server", "internal", "consumer"}
    counts = [value.count for value in found["service"]]
    assert counts == sorted(counts, reverse=True)


TEN = 600_000
AT_0930_MS = 1_795_339_800_000

HITS = {
    "buckets that the database cut as we did": (
        recorded("207-hits"),
        Buckets(AT_0930_MS, TEN, 7),
        7,
    ),
    "buckets that begin before the window count as its first": (
        recorded("207-hits"),
        Buckets(AT_0930_MS + TEN, TEN, 5),
        5,
    ),
    "several series are one": (recorded("208-hits-field"), Buckets(AT_0930_MS, 3 * TEN, 3), 3),
    "buckets with an offset": (recorded("214-hits-offset"), Buckets(AT_0930_MS, 6 * TEN, 2), 2),
    "no spans": (said('{"hits":[]}'), Buckets(0, 1, 4), 0),
}


@pytest.mark.parametrize(("response", "divided", "filled"), HITS.values(), ids=HITS)
def test_a_histogram_has_every_bucket(
    response: HttpResponse, divided: Buckets, filled: int
) -> None:
    found = answers.read_hits(response, divided)
    assert len(found.counts) == divided.count
    assert sum(1 for count in found.counts if count) == filled
    total = sum(series["total"] for series in orjson.loads(response.body)["hits"])
    assert sum(found.counts) == total


def test_times_of_buckets_are_read_to_the_millisecond() -> None:
    body = (
        '{"hits":[{"timestamps":["1970-01-01T00:00:00.25Z","2024-02-29T23:59:59.999999999Z",'
        '"1970-01-01T00:00:01Z"],"values":[1,2,3]}]}'
    )
    found = answers.read_hits(said(body), Buckets(0, 250, 6))
    assert found.counts == (0, 1, 0, 0, 3, 2)
    leap_day_ms = 1_709_251_199_999
    assert answers.read_hits(said(body), Buckets(leap_day_ms, 1, 2)).counts == (6, 0)
    assert answers.read_hits(said(body), Buckets(leap_day_ms - 1, 1, 3)).counts == (4, 2, 0)


def test_a_histogram_is_told_in_nanoseconds() -> None:
    assert answers.read_hits(said('{"hits":[]}'), Buckets(5, 2, 1)) == Histogram(
        5_000_000, 2_000_000, (0,)
    )


READERS: dict[str, Callable[[HttpResponse], object]] = {
    "rows": answers.read_rows,
    "spans": answers.read_spans,
    "names": answers.read_names,
    "facets": answers.read_facets,
    "hits": lambda response: answers.read_hits(response, Buckets(0, 1, 1)),
}

FAILURES: dict[str, tuple[HttpResponse, str]] = {
    "a wrong expression": (
        recorded("194-q-invalid-regexp"),
        r'^the database answered 400: "cannot parse `query` arg: invalid regexp ',
    ),
    "statistics that are none": (
        recorded("222-stats-nostats"),
        r"^the database answered 422: \"missing `\| stats ...` pipe in the query \[\*\]\"$",
    ),
    "statistics that break off": (recorded("223-stats-bad"), "answered 422: .*cannot parse"),
    "too slow a query": (
        recorded("189-q-timeout"),
        "^the query took longer than the database allows: .*; ask for a shorter time window",
    ),
    "an old database repeats the query, which is left out": (
        said(f"cannot parse query [{'x' * 5_000} ]: | y]: no such pipe", 400, TEXT),
        '^the database answered 400: "no such pipe"$',
    ),
    "a node of the cluster that is down": (
        said(
            'cannot execute query [*]: cannot connect to storage node at "http://[::1]:80/"',
            502,
            TEXT,
        ),
        'answered 502: "cannot connect.*; a storage node of the cluster does not answer',
    ),
    "JSON that is no error": (
        said('{"message":"no"}', 403),
        "answered 403: .*message.*; check VT_",
    ),
    "JSON that breaks off": (said('{"error":', 500), "answered 500: "),
    "a list": (said("[1]", 500), "answered 500: "),
    "a web page": (said("<html>", 502, "text/html"), "502 with a web page; .*try again later"),
    "a page instead of data": (said("<html>", 200, "text/html"), "is a web page, not data"),
    "text instead of data": (said("hello", 200, TEXT), "not JSON"),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(("response", "complaint"), FAILURES.values(), ids=FAILURES)
def test_a_failure_says_what_to_do(
    response: HttpResponse, complaint: str, read: Callable[[HttpResponse], object]
) -> None:
    with pytest.raises(SourceError, match=complaint) as caught:
        read(response)
    assert str(caught.value).isprintable()


BROKEN: dict[str, tuple[str, str, str]] = {
    "rows that break off": (
        "rows",
        '{"a":"1"}\n{"a":"2',
        "^the answer breaks off after 1 rows; try again, or ask for a shorter time window$",
    ),
    "a fault after the first rows": (
        "rows",
        '{"a":"1"}\n{"a":"1"}\ncannot execute\x1b[31m\n',
        '^the query failed after 2 rows: "cannot execute"; try again',
    ),
    "rows that are no objects": ("rows", "[1]\n", "JSON of an unknown shape"),
    "names that break off": ("names", '{"values":[', "is not whole JSON"),
    "names that are none": ("names", "{}", "JSON of an unknown shape"),
    "a name that is none": ("names", '{"values":[{"value":1,"hits":1}]}', "unknown shape"),
    "a name that is no object": ("names", '{"values":["a"]}', "unknown shape"),
    "a count that is none": ("names", '{"values":[{"value":"a","hits":"1"}]}', "unknown shape"),
    "a count below none": ("names", '{"values":[{"value":"a","hits":-1}]}', "unknown shape"),
    "a count beyond all": ("names", f'{{"values":[{{"value":"a","hits":{2**63}}}]}}', "unknown"),
    "a row without an end of depth": (
        "rows",
        f'{{"a":{"[" * 900}{"]" * 900}}}\n',
        "unknown shape",
    ),
    "names in a list": ("names", "[]", "unknown shape"),
    "facets without a name": ("facets", '{"facets":[{"values":[]}]}', "unknown shape"),
    "facets without values": ("facets", '{"facets":[{"field_name":"kind"}]}', "unknown shape"),
    "a time that is none": (
        "hits",
        '{"hits":[{"timestamps":["yesterday"],"values":[1]}]}',
        "unknown shape",
    ),
    "a day that is none": (
        "hits",
        '{"hits":[{"timestamps":["2026-02-30T00:00:00Z"],"values":[1]}]}',
        "unknown shape",
    ),
    "a time that is a number": ("hits", '{"hits":[{"timestamps":[1],"values":[1]}]}', "unknown"),
}


@pytest.mark.parametrize(("reader", "body", "complaint"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_whole_is_not_taken_for_an_answer(
    reader: str, body: str, complaint: str
) -> None:
    with pytest.raises(SourceError, match=complaint):
        READERS[reader](said(body, kind=LINES))


def test_counts_of_numbers_are_said_in_words() -> None:
    body = '{"facets":[{"field_name":"status_code","values":[{"field_value":"2","hits":7}]}]}'
    (facet,) = answers.read_facets(said(body))
    assert (facet.name, facet.values) == ("status", (Counted("error", 7),))
