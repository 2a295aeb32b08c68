"""Questions about long windows without a condition: what they would cost is looked at first.

Must not be here: what a question is answered with.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vtmcp.handlers.source import TraceSource
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.tenant import Tenant


class WideWindows(NamedTuple):
    """When a window is wide, and how many spans may be looked at in one all the same."""

    window_ns: int
    """A window up to this is asked without a look."""
    spans_max: int
    """A wider one without a condition is asked if it holds so many spans at most."""

    async def check(self, source: "TraceSource", wanted: "SpanFilter", tenant: "Tenant") -> None:
        """Raise `SourceError` where the question would read too much."""
        if wanted.end_ns - wanted.start_ns <= self.window_ns or is_selective(wanted):
            return
        # The count is the cheapest of all questions: it reads no column but the time.
        histogram = await source.span_counts(wanted, tenant, buckets=1)
        spans = sum(histogram.counts)
        if spans > self.spans_max:
            raise self._too_much(wanted, spans)

    def _too_much(self, wanted: "SpanFilter", spans: int) -> Exception:
        from vtmcp.durations import format_duration  # noqa: PLC0415 - refusals only
        from vtmcp.traces.model import SourceError  # noqa: PLC0415

        window = format_duration(wanted.end_ns - wanted.start_ns)
        return SourceError(
            f"The window of {window} holds {spans:,} spans, more than the {self.spans_max:,} that"
            " one question may read (VT_WIDE_WINDOW_SPANS). Name a service, an operation or tags,"
            f" or ask for at most {format_duration(self.window_ns)} (start, end)."
        )


def is_selective(wanted: "SpanFilter") -> bool:
    """Whether a condition is there that the database has an index for, or reads little for."""
    # An expression may fit everything, and so does no value: most spans have no such attribute.
    are_exact = any(value and not value.startswith("~") for value in wanted.tags.values())
    return bool(wanted.service or wanted.operation or are_exact)
