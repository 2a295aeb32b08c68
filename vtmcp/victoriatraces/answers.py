"""HTTP responses of the database as traces, names and edges, or as the error that they mean. Pure.

Must not be here: sockets, and the sentences of errors (`complaints.py`).
Every function raises `SourceError` and nothing else.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Dependency, Found, SourceError
from vtmcp.victoriatraces import complaints
from vtmcp.victoriatraces.hidden import raw_without_hidden
from vtmcp.victoriatraces.hidden_patterns import NOTHING_HIDDEN, HiddenPatterns
from vtmcp.victoriatraces.json_answers import json_of, wrong_shape
from vtmcp.victoriatraces.response import HttpResponse

OK = 200
NOT_FOUND = 404


def read_names(response: HttpResponse) -> list[str]:
    """Read the services, or the operations of a service, in the order given."""
    return [_read_name(item) for item in _read_data(response)]


def read_search(response: HttpResponse, hidden: HiddenPatterns = NOTHING_HIDDEN) -> Found:
    """Read the traces of a search. Traces whose spans were all lost are left out (`total:1`)."""
    return _read_traces(_read_data(response), hidden)


def read_found_trace(response: HttpResponse, hidden: HiddenPatterns = NOTHING_HIDDEN) -> Found:
    """Read the answer for one trace id. `Found((), ())` is the word for "not found".

    VictoriaTraces says it in three ways: 404 with `errors`, 200 with the same body, and 200 with
    no data and `total:1`. Outside the retention it says so in plain text.
    """
    if _is_out_of_retention(response):
        return Found((), ())
    return _read_traces(_read_data(response, missing_is_empty=True), hidden)


def read_dependencies(response: HttpResponse) -> list[Dependency]:
    """Read the edges of the service graph, in the order given."""
    return [_read_dependency(item) for item in _read_data(response)]


def _read_data(response: HttpResponse, *, missing_is_empty: bool = False) -> list[Any]:
    """Return the `data` of an envelope; null, as Jaeger writes an empty list, is an empty list."""
    may_be_missing = missing_is_empty and response.status == NOT_FOUND and response.is_json
    if response.status != OK and not may_be_missing:
        raise SourceError(complaints.status_complaint(response))
    envelope = _read_envelope(response)
    errors = envelope.get("errors")
    if missing_is_empty and _says_not_found(errors):
        return []
    if response.status != OK:
        raise SourceError(complaints.status_complaint(response))
    if errors:
        raise SourceError(complaints.errors_complaint(_messages(errors)))
    data = envelope.get("data", _Missing)
    if not isinstance(data, list | None):
        raise wrong_shape()
    return data or []


class _Missing:
    """Stands for a member that is not there, which null is not."""


def _read_envelope(response: HttpResponse) -> dict[str, Any]:
    if not response.is_json:
        raise SourceError(complaints.type_complaint(response))
    envelope = json_of(response)
    if not isinstance(envelope, dict):
        raise wrong_shape()
    return envelope


def _is_out_of_retention(response: HttpResponse) -> bool:
    said_in_text = response.status in (OK, 400, NOT_FOUND) and not response.is_json
    return said_in_text and any(word in response.text for word in complaints.OUT_OF_RETENTION)


def _says_not_found(errors: object) -> bool:
    listed = errors if isinstance(errors, list) else []
    return any(isinstance(error, dict) and error.get("code") == NOT_FOUND for error in listed)


def _messages(errors: object) -> str:
    """Return what errors say: their messages, else the JSON that they are."""
    return "; ".join(
        str(error["msg"])
        if isinstance(error, dict) and error.get("msg")
        else orjson.dumps(error).decode()
        for error in (errors if isinstance(errors, list) else [errors])
    )


def _read_traces(data: list[Any], hidden: HiddenPatterns) -> Found:
    traces, raw = [], []
    for item in data:
        if not isinstance(item, Mapping):
            raise wrong_shape()
        shown = raw_without_hidden(item, hidden)
        trace = read_trace(shown)
        if trace.spans:
            traces.append(trace)
            raw.append(shown)
    return Found(tuple(traces), tuple(raw))


def _read_name(item: Any) -> str:
    if not isinstance(item, str):
        raise wrong_shape()
    return item


def _read_dependency(item: Any) -> Dependency:
    match item:
        case {"parent": str(parent), "child": str(child), "callCount": int(call_count)}:
            return Dependency(parent, child, call_count)
    raise wrong_shape()
