"""A filter with one condition less, each: to find out which one leaves nothing. Pure.

Must not be here: asking.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.safe import quoted
from vtmcp.traces.spans import SpanFilter

RELAXED_MAX = 8
"""So many conditions are tried one by one: each costs a question to the database."""


class Relaxed(NamedTuple):
    """A filter without one of its conditions."""

    condition: str
    """The condition that is gone, in words: `service "cart"`."""
    argument: str
    """The argument that it came from."""
    tag: str
    """The attribute, where the argument is `tags`; else empty."""
    wanted: SpanFilter


def relaxations(wanted: SpanFilter) -> list[Relaxed]:
    """The filter without each of its conditions in turn, `RELAXED_MAX` of them at most."""
    found: list[Relaxed] = []
    if wanted.errors_only:
        found.append(Relaxed("errors only", "errors_only", "", replace(wanted, errors_only=False)))
    for name, value in wanted.tags.items():
        rest = {other: given for other, given in wanted.tags.items() if other != name}
        words = f"{quoted(name)}={quoted(value)}"
        found.append(Relaxed(words, "tags", name, replace(wanted, tags=rest)))
    if wanted.operation:
        words = f"operation {quoted(wanted.operation)}"
        found.append(Relaxed(words, "operation", "", replace(wanted, operation="")))
    if wanted.duration_min_ns is not None:
        words = f"at least {format_duration(wanted.duration_min_ns)}"
        found.append(Relaxed(words, "minDuration", "", replace(wanted, duration_min_ns=None)))
    if wanted.duration_max_ns is not None:
        words = f"at most {format_duration(wanted.duration_max_ns)}"
        found.append(Relaxed(words, "maxDuration", "", replace(wanted, duration_max_ns=None)))
    if wanted.service:
        words = f"service {quoted(wanted.service)}"
        found.append(Relaxed(words, "service", "", replace(wanted, service="")))
    return found[:RELAXED_MAX]


def without(arguments: Mapping[str, Any], relaxed: Relaxed) -> dict[str, Any]:
    """The arguments of a call without the condition."""
    rest = {name: value for name, value in arguments.items() if name != relaxed.argument}
    if relaxed.tag and isinstance(arguments.get("tags"), Mapping):
        tags = {name: value for name, value in arguments["tags"].items() if name != relaxed.tag}
        if tags:
            rest["tags"] = tags
    return rest


def bare(wanted: SpanFilter) -> SpanFilter:
    """The window alone."""
    return SpanFilter(start_ns=wanted.start_ns, end_ns=wanted.end_ns)
