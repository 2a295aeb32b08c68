"""Answers to questions about many spans as values, or as the error that they mean. Pure.

A cluster that is allowed to answer in part (-search.allowPartialResponse) does not say when it
does, so nothing here can tell. Must not be here: sockets, the text of queries.
Every function raises `SourceError` and nothing else.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from vtmcp.traces.model import SourceError, Span
from vtmcp.traces.spans import Counted, Facet, Histogram, Row
from vtmcp.victoriatraces import complaints
from vtmcp.victoriatraces.json_answers import json_of, read_json, wrong_shape
from vtmcp.victoriatraces.logsql_requests import NS_PER_MS, Buckets
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.span_fields import own_name, own_value
from vtmcp.victoriatraces.span_rows import read_span

OK = 200

ERROR_BYTES_MAX = 65_536
"""An error may repeat a whole query, of 16,384 bytes, before it says what is wrong with it."""

COUNT_MAX = 10**15
"""No database holds more spans, and shares of more would be lost in rounding."""

_REPEATED_QUERY = re.compile(r"^cannot (?:parse|execute) query \[.*\]: ", re.DOTALL)
_TOO_SLOW = ("couldn't be executed in", "maxQueryDuration")
_RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_DAYS_TO_1970 = 719_163


def read_rows(response: HttpResponse) -> list[Row]:
    """Read the rows of a query, a JSON object a line, in the order given."""
    _check(response)
    return list(_rows(response.body))


def read_spans(response: HttpResponse) -> list[Span]:
    """Read rows that are whole spans."""
    return [read_span(row) for row in read_rows(response)]


def read_names(response: HttpResponse) -> list[str]:
    """Read stored names of fields, the most frequent first."""
    return [text for text, _ in _counted(_read_list(response, "values"), "value")]


def read_facets(response: HttpResponse) -> list[Facet]:
    """Read the values of each field that says something about spans."""
    facets = []
    for item in _read_list(response, "facets"):
        name = own_name(_text(item, "field_name"))
        if name:
            values = _counted(_list(item, "values"), "field_value")
            facets.append(
                Facet(name, tuple(Counted(own_value(name, text), hits) for text, hits in values))
            )
    return facets


def read_hits(response: HttpResponse, buckets: Buckets) -> Histogram:
    """Read a histogram; only buckets with spans are in the answer, by the time they begin."""
    counts = [0] * buckets.count
    for series in _read_list(response, "hits"):
        times, values = _list(series, "timestamps"), _list(series, "values")
        for time, value in zip(times, values, strict=False):
            place = (_time_ms(time) - buckets.start_ms) // buckets.step_ms
            counts[min(max(place, 0), buckets.count - 1)] += _int(value)
    start_ns, step_ns = buckets.start_ms * NS_PER_MS, buckets.step_ms * NS_PER_MS
    return Histogram(start_ns, step_ns, tuple(counts))


def _check(response: HttpResponse) -> None:
    """Raise what a response means that holds no data."""
    if response.status != OK:
        raise SourceError(_complaint(response))
    if not response.is_json:
        raise SourceError(complaints.type_complaint(response))


def _complaint(response: HttpResponse) -> str:
    """Say what a refusal means. Some are JSON with the text in `error`, others the text alone."""
    text = response.body[:ERROR_BYTES_MAX].decode("utf-8", "replace")
    if response.is_json:
        with suppress(orjson.JSONDecodeError, KeyError, SourceError):
            text = str(_object(orjson.loads(response.body))["error"])
    text = _REPEATED_QUERY.sub("", text.strip())
    if any(words in text for words in _TOO_SLOW):
        return (
            f"the query took longer than the database allows: {complaints.quote(text)}; ask for "
            "a shorter time window or name a service, an operation or a tag"
        )
    if response.is_html:
        return complaints.status_complaint(response)
    return complaints.status_complaint(
        replace(response, headers=(("content-type", "text/plain"),), body=text.encode())
    )


def _rows(body: bytes) -> Iterator[Row]:
    for number, line in enumerate(body.split(b"\n")):
        if line.strip():
            yield _row(number, line)


def _row(number: int, line: bytes) -> Row:
    try:
        row = _object(read_json(line))
    except orjson.JSONDecodeError:
        if line.lstrip().startswith(b"{"):
            said = f"the answer breaks off after {number} rows"
        else:
            text = line[:ERROR_BYTES_MAX].decode("utf-8", "replace")
            said = f"the query failed after {number} rows: {complaints.quote(text)}"
        raise SourceError(f"{said}; try again, or ask for a shorter time window") from None
    return {
        name: value if isinstance(value, str) else _written(value) for name, value in row.items()
    }


def _written(value: object) -> str:
    try:
        return "" if value is None else orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # It is nested deeper than anything a span holds.
        raise wrong_shape() from None


def _read_list(response: HttpResponse, name: str) -> list[Any]:
    _check(response)
    return _list(_object(json_of(response)), name)


def _counted(values: list[Any], name: str) -> list[tuple[str, int]]:
    return [(_text(value, name), _int(_object(value).get("hits"))) for value in values]


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise wrong_shape()
    return value


def _list(value: object, name: str) -> list[Any]:
    found = _object(value).get(name)
    if not isinstance(found, list):
        raise wrong_shape()
    return found


def _text(value: object, name: str) -> str:
    found = _object(value).get(name)
    if not isinstance(found, str):
        raise wrong_shape()
    return found


def _int(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise wrong_shape()
    return value


def _time_ms(text: object) -> int:
    """Read an RFC 3339 time in UTC; `datetime` knows no nanoseconds in all versions of Python."""
    match = _RFC_3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise wrong_shape()
    from datetime import date  # noqa: PLC0415 - only histograms need it.

    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        days = date(year, month, day).toordinal() - _DAYS_TO_1970
    except ValueError:
        raise wrong_shape() from None
    fraction_ms = int((match[7] or "").ljust(9, "0")) // NS_PER_MS
    return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + fraction_ms
