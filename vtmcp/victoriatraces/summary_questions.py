"""Asks one database for traces in figures, in a few queries however large the traces are.

Must not be here: the text of queries, what an answer means (`trace_sets.py`).
"""

from functools import partial

from vtmcp.traces.spans import ROWS_MAX, SpanFilter
from vtmcp.traces.summary import Summary
from vtmcp.traces.trace_set import MARGIN_NS, TraceSet
from vtmcp.victoriatraces import trace_sets
from vtmcp.victoriatraces.trace_sets import AskRows


async def ask_summaries(ask: AskRows, wanted: SpanFilter, *, limit: int, slowest: bool) -> TraceSet:
    """Return the traces with the newest or the slowest spans that fit, and how many there are."""
    limit = min(limit, ROWS_MAX)
    rows = await ask(wanted, lambda: trace_sets.matching_query(wanted, limit + 1, slowest=slowest))
    found = trace_sets.read_matching(rows)
    total = len(found)
    if total > limit:
        total = trace_sets.read_total(await ask(wanted, lambda: trace_sets.total_query(wanted)))
    chosen = found[:limit]
    summaries: dict[str, Summary] = {}
    for part in trace_sets.parts(chosen):
        around = SpanFilter(
            start_ns=max(0, min(one.first_ns for one in part) - MARGIN_NS),
            end_ns=max(one.last_ns for one in part) + MARGIN_NS,
        )
        rows = await ask(around, partial(trace_sets.figures_query, part))
        summaries |= {one.trace_id: one for one in trace_sets.read_figures(rows)}
    whole = [summaries[one.trace_id] for one in chosen if one.trace_id in summaries]
    return TraceSet(tuple(whole), max(total, len(whole)))
