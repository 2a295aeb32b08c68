"""Traces without the attributes that nobody is shown. Pure.

Must not be here: which attributes those are (`hidden_patterns.py`). What is read into `Trace` and
the Jaeger JSON that it was read from are cleaned alike: both reach a reader.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vtmcp.traces.model import Attributes, Event, Link, Span, Trace
from vtmcp.victoriatraces.hidden_patterns import (
    EVENT,
    EVENT_NAME,
    LINK,
    RESOURCE,
    SCOPE,
    SPAN,
    STATUS_MESSAGE,
    HiddenPatterns,
)

Raw = Mapping[str, Any]


def without_hidden(trace: Trace, patterns: HiddenPatterns) -> Trace:
    """Return the trace without what the patterns hide."""
    if not patterns:
        return trace
    cleaner = _Cleaner(patterns)
    return Trace(trace.trace_id, tuple(cleaner.span(span) for span in trace.spans))


def raw_without_hidden(raw: Raw, patterns: HiddenPatterns) -> Raw:
    """Return the Jaeger JSON of one trace without what the patterns hide.

    What stands in the place of a list of tags and is none is dropped: it cannot be judged.
    """
    return _Cleaner(patterns).raw(raw) if patterns else raw


class _Cleaner:
    """Takes hidden attributes out of each part of a trace."""

    def __init__(self, patterns: HiddenPatterns) -> None:
        self._hides = patterns.hides

    def span(self, span: Span) -> Span:
        hides_message = self._hides(SPAN, STATUS_MESSAGE, span.status_message)
        return replace(
            span,
            status_message="" if hides_message else span.status_message,
            attributes=self._kept(SPAN, span.attributes),
            resource=self._kept(RESOURCE, span.resource),
            scope=self._kept(SCOPE, span.scope),
            events=tuple(self._event(event) for event in span.events),
            links=tuple(
                Link(link.trace_id, link.span_id, self._kept(LINK, link.attributes))
                for link in span.links
            ),
        )

    def _event(self, event: Event) -> Event:
        name = "" if self._hides(EVENT, EVENT_NAME, event.name) else event.name
        return Event(name, event.time_ns, self._kept(EVENT, event.attributes))

    def _kept(self, scope: str, attributes: Attributes) -> Attributes:
        return {
            key: value for key, value in attributes.items() if not self._hides(scope, key, value)
        }

    def raw(self, raw: Raw) -> Raw:
        cleaned = dict(raw)
        if "spans" in raw:
            cleaned["spans"] = [self._raw_span(span) for span in _objects(raw["spans"])]
        if "processes" in raw:
            processes = raw["processes"] if isinstance(raw["processes"], dict) else {}
            cleaned["processes"] = {
                key: self._raw_process(process) for key, process in processes.items()
            }
        return cleaned

    def _raw_span(self, span: Raw) -> Raw:
        cleaned = dict(span)
        if "tags" in span:
            cleaned["tags"] = self._raw_tags(SPAN, span["tags"])
        if "logs" in span:
            cleaned["logs"] = [self._raw_log(log) for log in _objects(span["logs"])]
        if "process" in span:
            cleaned["process"] = self._raw_process(span["process"])
        if "references" in span:
            cleaned["references"] = [self._raw_reference(r) for r in _objects(span["references"])]
        return cleaned

    def _raw_process(self, process: object) -> object:
        if not isinstance(process, dict) or "tags" not in process:
            return process
        return {**process, "tags": self._raw_tags(RESOURCE, process["tags"])}

    def _raw_log(self, log: Raw) -> Raw:
        return {**log, "fields": self._raw_tags(EVENT, log["fields"])} if "fields" in log else log

    def _raw_reference(self, reference: Raw) -> Raw:
        if "tags" not in reference:
            return reference
        return {**reference, "tags": self._raw_tags(LINK, reference["tags"])}

    def _raw_tags(self, scope: str, tags: object) -> list[Raw]:
        return [tag for tag in _objects(tags) if not self._hides_raw(scope, tag)]

    def _hides_raw(self, scope: str, tag: Raw) -> bool:
        key, value = tag.get("key"), tag.get("value")
        if not isinstance(key, str):  # It cannot be judged, and no database writes it.
            return True
        if scope == SPAN and key.startswith("scope_attr:"):
            scope, key = SCOPE, key.removeprefix("scope_attr:")
        return self._hides(scope, key, value)


def _objects(raw: object) -> list[dict[str, Any]]:
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
