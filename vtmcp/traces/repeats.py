"""Findings in spans that are done again and again: N+1, retry storm, serial fan-out.

All are siblings of one service and name. Must not be here: findings in single spans.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.calls import (
    host_of,
    is_call,
    is_refused,
    is_write,
    request_of,
    statement_of,
    statement_shape,
)
from vtmcp.traces.findings import Evidence, Finding, below, from_to_ns, of_trace
from vtmcp.traces.handles import handle
from vtmcp.traces.model import Span
from vtmcp.traces.shapes import is_serial, row_of
from vtmcp.traces.span_line import who
from vtmcp.traces.tree import NO_PARENT, Tree

N_PLUS_ONE_MIN: Final = 10
"""Fewer reads of one kind are a handful of look-ups, as healthy requests have them."""

N_PLUS_ONE_BUSY_MIN: Final = 0.5
"""In a loop of reads the time goes to the reads; reads with long pauses between are a poll."""

ATTEMPTS_MIN: Final = 3
"""One retry is what retries are for; from the third failure in a row on, it is a storm."""

FAN_OUT_MIN: Final = 3
"""Two calls in a row are a sequence; three of one kind to different hosts are a fan-out."""

FAN_OUT_SHARE_MIN: Final = 0.5
"""A fan-out is told when it takes most of the time of the span above; else none is saved."""

FAN_OUT_NS_MIN: Final = 20_000_000
"""Calls that are together shorter than this are not worth being made at once."""

Place = tuple[int, list[int]]
"""A parent, and spans below it in the order of their start."""


def repeats(evidence: Evidence) -> Iterator[Finding]:
    """Yield the findings of each path, those of several parents as one."""
    kinds = (("retry storm", _storm), ("N+1", _reads), ("serial fan-out", _fan_out))
    places: defaultdict[tuple[int, str], list[Place]] = defaultdict(list)
    for (parent, path), members in evidence.shapes.siblings.items():
        if len(members) < min(ATTEMPTS_MIN, FAN_OUT_MIN):
            continue
        for kind, found_in in kinds:
            if found := found_in(evidence.tree, parent, members):
                places[path, kind].append((parent, found))
                break
    for (_, kind), found_at in places.items():
        yield _finding(evidence, kind, found_at)


def _reads(tree: Tree, parent: int, members: Sequence[int]) -> list[int]:
    """Return the members that are a loop of reads of one statement, or nothing."""
    if len(members) < N_PLUS_ONE_MIN:
        return []
    by_request: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for member in members:
        call = _only_call(tree, member)
        if call != NO_PARENT:
            by_request[_request(tree.spans[call])].append(member)
    by_shape: defaultdict[str, list[int]] = defaultdict(list)
    for (statement, host), asking in by_request.items():
        if not is_write(tree.spans[_only_call(tree, asking[0])]):
            by_shape[f"{host} {statement_shape(statement)}"] += asking
    most: list[int] = max(by_shape.values(), key=len, default=[])
    reads = sorted(most)
    if len(reads) < N_PLUS_ONE_MIN:
        return []
    row = row_of(tree, reads)
    start_ns, end_ns = from_to_ns(tree.spans[read] for read in reads)
    is_loop = row.busy_ns >= (end_ns - start_ns) * N_PLUS_ONE_BUSY_MIN
    return reads if is_serial(row) and is_loop else []


def _only_call(tree: Tree, here: int) -> int:
    """Return the call that a span is, or that it only wraps; or no position."""
    while not is_call(tree.spans[here]):
        if len(tree.children[here]) != 1:
            return NO_PARENT
        here = tree.children[here][0]
    return here


def _request(span: Span) -> tuple[str, str]:
    """Statements are told apart; paths of URLs are not, as what is asked for stands in them."""
    statement = statement_of(span)
    return statement, "" if statement else host_of(span)


def _storm(tree: Tree, parent: int, members: Sequence[int]) -> list[int]:
    """Return the longest row of attempts at one thing that failed, with a success at its end."""
    if tree.spans[members[0]].kind == "consumer":
        return []  # Messages that fail in a row are several, not one that is tried again.
    if sum(is_refused(tree.spans[member]) for member in members) < ATTEMPTS_MIN:
        return []
    runs: list[list[int]] = []
    for member in members:
        if runs and _goes_on(tree, runs[-1][-1], member):
            runs[-1].append(member)
        else:
            runs.append([member])
    longest = max(runs, key=len)
    failed_count = sum(is_refused(tree.spans[member]) for member in longest)
    return longest if failed_count >= ATTEMPTS_MIN else []


def _goes_on(tree: Tree, last: int, here: int) -> bool:
    """Tell whether a span is the next attempt: the last one failed before, at the same."""
    before, after = tree.spans[last], tree.spans[here]
    is_next = is_refused(before) and before.end_ns <= after.start_ns
    return is_next and _aim(tree, last) == _aim(tree, here)


def _aim(tree: Tree, here: int) -> tuple[str, str]:
    span = tree.spans[here]
    return host_of(span), request_of(span)


def _fan_out(tree: Tree, parent: int, members: Sequence[int]) -> list[int]:
    """Return the calls of one request to several hosts, one after the other, or nothing."""
    if parent == NO_PARENT or tree.spans[members[0]].kind != "client":
        return []
    hosts = {member: host for member in members if (host := host_of(tree.spans[member]))}
    if len(set(hosts.values())) < FAN_OUT_MIN:
        return []
    by_request: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for member, host in hosts.items():
        if request := request_of(tree.spans[member]):
            by_request[request].setdefault(host, member)
    most: dict[str, int] = max(by_request.values(), key=len, default={})
    calls = sorted(most.values())
    if len(calls) < FAN_OUT_MIN:
        return []
    row = row_of(tree, calls)
    least_ns = max(FAN_OUT_NS_MIN, tree.spans[parent].duration_ns * FAN_OUT_SHARE_MIN)
    return calls if is_serial(row) and row.sum_ns >= least_ns else []


def _finding(evidence: Evidence, kind: str, places: list[Place]) -> Finding:
    tree = evidence.tree
    worst = max(places, key=lambda place: row_of(tree, place[1]).sum_ns)
    parent, members = worst
    words = {"N+1": _of_reads, "retry storm": _of_storm, "serial fan-out": _of_fan_out}
    others = [place for place in places if place is not worst]
    evidence_text = f"{words[kind](evidence, members)}{below(tree, parent)}"
    if others:
        spans = sum(len(place[1]) for place in others)
        evidence_text += f"; x{spans:,} more in {len(others):,} other places"
    cost_ns = sum(row_of(tree, place[1]).sum_ns for place in places)
    return Finding(kind, evidence_text, tuple(members), cost_ns)


def _of_reads(evidence: Evidence, members: list[int]) -> str:
    row = row_of(evidence.tree, members)
    return f"{_times(evidence, members)}, one after the other, {of_trace(evidence, row.sum_ns)}"


def _of_storm(evidence: Evidence, members: list[int]) -> str:
    spans = [evidence.tree.spans[member] for member in members]
    failed_count = sum(map(is_refused, spans))
    start_ns, end_ns = from_to_ns(spans)
    pauses_ns = [after.start_ns - before.end_ns for before, after in pairwise(spans)]
    pauses = f"pauses {format_duration(min(pauses_ns))} to {format_duration(max(pauses_ns))}"
    taken = of_trace(evidence, end_ns - start_ns)
    return f"{_times(evidence, members)}, {failed_count:,} failed, {pauses}, {taken}"


def _of_fan_out(evidence: Evidence, members: list[int]) -> str:
    row = row_of(evidence.tree, members)
    longest = max(members, key=lambda member: evidence.tree.spans[member].duration_ns)
    duration = format_duration(evidence.tree.spans[longest].duration_ns)
    return (
        f"{_times(evidence, members)} to {len(members):,} hosts, one after the other,"
        f" {of_trace(evidence, row.sum_ns)}, the longest {duration} ({handle(longest)})"
    )


def _times(evidence: Evidence, members: list[int]) -> str:
    """Return `x24 orders SELECT items (s5 to s28)`."""
    first, last = handle(members[0]), handle(members[-1])
    return f"x{len(members):,} {who(evidence.tree.spans[members[0]])} ({first} to {last})"
