"""`triage`: what changed, and what is the likeliest cause of it."""

from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.handlers import parameters
from vtmcp.handlers.filters import SERVICE, WINDOW, WINDOW_NS, span_filter
from vtmcp.handlers.nothing import nothing_found
from vtmcp.handlers.together import together
from vtmcp.handlers.trace_tool import TraceTool, UnusableArgumentError, call_text, tenant_only
from vtmcp.handlers.triaging import Asked, ask_common, ask_periods, ask_shared
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtmcp.traces.causes import Cause, Verdict
    from vtmcp.traces.changes import Changes
    from vtmcp.traces.contrast import Contrast
    from vtmcp.traces.entries import Entry
    from vtmcp.traces.periods import Period
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.strata import Within

LIMIT = 3
"""How many causes a call names that does not say: the first is acted on."""

LIMIT_MAX = 50

LAG_NS = 60_000_000_000
"""The database searches 30 s late, and spans arrive for as long: a window that ended later would
show less of everything, and read as a drop."""

LOOKED_INTO = 2
"""Causes whose bad spans are compared, with two questions each: two things may go wrong at once."""

ENTRIES_MAX = 3
"""Entry points that are hit: they tell how bad it is, not why."""

FOLLOWERS_MAX = 4
"""What only waits for a cause is named so often; the rest is a count."""


class Triage(TraceTool):
    name = "triage"
    title = "What changed"
    description = (
        "What changed, and what is the likeliest cause? The first call in an incident: compares"
        " each service, operation and entry point of the window with the window before and the"
        " same time yesterday, over all spans, and puts first where errors or time began; with new"
        " versions, missing services, retries and traffic. Says when nothing stands out. Next:"
        " contrast, errors, span_stats."
    )
    rank = 22
    properties = {  # noqa: RUF012
        **WINDOW,
        "service": {**SERVICE, "description": "Only this service's own spans (default: all)"},
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many causes at most (default {LIMIT})",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> str:
        from vtmcp.traces.causes import causes  # noqa: PLC0415 - first call only
        from vtmcp.traces.changes import changes  # noqa: PLC0415
        from vtmcp.traces.entries import worse_entries  # noqa: PLC0415

        wanted = self._settled(await span_filter(self, arguments), arguments)
        asked = await ask_periods(self, wanted, arguments)
        if asked.is_empty:
            return await nothing_found(self, wanted, arguments)
        found = changes(asked.now, asked.before, asked.yesterday)
        # What is not sure is looked into as well: what its bad spans share may make it so.
        named = found._replace(found=found.found or found.perhaps)
        told = _Told(
            wanted,
            asked,
            found,
            causes(named, asked.now, asked.bases),
            worse_entries(asked.now, asked.bases, found),
        )
        return self._written(await self._looked_into(told, arguments), arguments)

    def _settled(self, wanted: "SpanFilter", arguments: Json) -> "SpanFilter":
        """The window without its last minute, of which not all spans are there."""
        latest_ns = self.desk.now_ns() - LAG_NS
        if wanted.end_ns <= latest_ns:
            return wanted
        if "start" not in arguments:
            return replace(wanted, start_ns=max(0, latest_ns - WINDOW_NS), end_ns=latest_ns)
        if wanted.start_ns >= latest_ns:
            raise UnusableArgumentError(
                "the window lies within the last minute, of which not all spans have arrived;"
                " start earlier"
            )
        return replace(wanted, end_ns=latest_ns)

    async def _looked_into(self, told: "_Told", arguments: Json) -> "_Told":
        """What the bad spans of the first causes share."""

        async def common(cause: "Cause") -> "Contrast | None":
            change = cause.change
            if change is None or change.is_spread or change.kind == "calls":
                return None
            return await ask_common(self, told.wanted, told.asked.now, change, arguments)

        causes = told.verdict.causes[: min(LOOKED_INTO, arguments.get("limit", LIMIT))]
        commons = await together(*(lambda one=one: common(one) for one in causes))
        told = told._replace(commons=tuple(commons))
        if not causes or causes[0].change is None or not causes[0].change.is_spread:
            return told
        where, now, group = told.wanted, told.asked.now, causes[0].change.group
        if group.service:
            pair = group.service, group.kind
            where = replace(where, service=group.service, tags={"span.kind": group.kind})
            parts = tuple(part for part in now.parts if (part.service, part.kind) == pair)
            now = replace(now, parts=parts)
        within = await ask_shared(self, where, now, arguments)
        began = sum(part.origin_traces for part in now.parts)
        return told._replace(within=within, began=began)

    def _written(self, told: "_Told", arguments: Json) -> str:
        from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415 - first call only

        budget = Budget(
            self.max_bytes(arguments), closing=closing_line(self.wider_call(arguments), "lines")
        )
        budget.head(told.verdict_line())
        budget.head(f"Searched: {told.windows()}, tenant {self.tenant(arguments)}.")
        if told.asked.is_split:
            budget.head("Nothing older is stored, so the window's halves are compared.")
        if self.desk.source.notice:
            budget.head(self.desk.source.notice)
        for line in told.lines(arguments.get("limit", LIMIT)):
            budget.add(line)
        budget.add(f"Next: {_next(told, arguments)}")
        return budget.text()


class _Told(NamedTuple):
    """What was found, to be written."""

    wanted: "SpanFilter"
    asked: Asked
    found: "Changes"
    verdict: "Verdict"
    entries: "Sequence[Entry]"
    commons: "tuple[Contrast | None, ...]" = ()
    """Of the first causes."""
    within: "Sequence[Within]" = ()
    began: int = 0
    """In how many traces what is compared within many operations began."""

    def verdict_line(self) -> str:
        from vtmcp.traces.triage_text import (  # noqa: PLC0415 - first call only
            cause_text,
            entry_text,
            traffic_text,
            within_text,
        )

        if self.verdict.causes:
            text = cause_text(self.verdict.causes[0], self.commons[0])
            if self.within:
                text += f"; {within_text(self.within[0], self.began)}"
            if not self.found.perhaps:
                return f"Most likely: {text}."
            return f"Nothing stands out for sure. Perhaps, or by chance: {text}."
        if not self.asked.now.parts:
            return "No spans at all in the window, and there were before: nothing is stored now."
        if not self.asked.bases:
            return "Nothing to compare with: no spans are stored before the window."
        failing = next((one for one in self.entries if one.fails_more), None)
        if failing is not None:
            return f"More requests fail, and where that begins is not plain: {entry_text(failing)}."
        if self.found.traffic:
            return (
                "No group of spans fails more, takes longer or is missing, but traffic is another:"
                f" {traffic_text(self.found.traffic[0])}."
            )
        return "Nothing stands out: no group of spans fails more, takes longer or is missing."

    def windows(self) -> str:
        from vtmcp.traces.filter_text import conditions  # noqa: PLC0415 - first call only
        from vtmcp.traces.times import format_window  # noqa: PLC0415

        asked = self.asked
        texts = []
        for name, period in (("now", asked.now), ("before", asked.before), *self._yesterday()):
            spans = sum(part.count for part in period.parts)
            failing = sum(part.bad for part in period.parts)
            counts = f"{period.requests:,} requests, {spans:,} spans, {failing:,} failing"
            texts.append(f"{name} {counts if spans else 'no spans'}")
        window = format_window(asked.now.start_ns, asked.now.end_ns)
        return f"{', '.join(conditions(self.wanted))}, {window}: {'; '.join(texts)}"

    def lines(self, limit: int) -> list[str]:
        from vtmcp.traces.triage_text import (  # noqa: PLC0415 - first call only
            cause_text,
            entry_text,
            follower_text,
            how_text,
            presence_lines,
        )

        causes, followers = self.verdict.causes, self.verdict.followers
        commons = (*self.commons, *repeat(None, len(causes)))
        shown = zip(causes[1:limit], commons[1:], strict=False)
        lines = [f"Also: {cause_text(*one)}." for one in shown]
        if len(causes) > limit:
            lines.append(f"And {len(causes) - limit:,} more that changed of themselves (limit).")
        lines += [f"Hit: {entry_text(one)}." for one in self.entries[:ENTRIES_MAX]]
        if followers:
            told = "; ".join(map(follower_text, followers[:FOLLOWERS_MAX]))
            rest = len(followers) - FOLLOWERS_MAX
            lines.append(f"Follows: {told}{f'; {rest:,} more' if rest > 0 else ''}.")
        lines += [f"Noted: {line}." for line in presence_lines(self.found)]
        return [*lines, how_text(self.found)]

    def _yesterday(self) -> "list[tuple[str, Period]]":
        return [] if self.asked.is_split else [("yesterday", self.asked.yesterday)]


def _next(told: _Told, arguments: Json) -> str:
    """The call that looks into the first cause, or another view where there is none."""
    from vtmcp.traces.times import format_time  # noqa: PLC0415 - first call only

    now = told.asked.now
    rest = {
        "start": format_time(now.start_ns),
        "end": format_time(now.end_ns),
        **tenant_only(arguments),
    }
    first = next(iter(told.verdict.causes), None)
    if first is None:
        return call_text("span_stats", {"compare": "yesterday", **rest})
    if first.gone is not None:
        # Nothing in the window tells why it went; the last that it did may.
        ended_ns = first.gone.at_ns
        last = {
            "start": format_time(max(0, ended_ns - WINDOW_NS)),
            "end": format_time(ended_ns + 1_000_000_000),
        }
        return call_text("traces", {"service": first.gone.service, **rest, **last})
    assert first.change is not None
    if first.change.is_spread:
        service = first.change.group.service
        return call_text("contrast", {**({"service": service} if service else {}), **rest})
    at = {"service": first.change.group.service, "operation": first.change.group.operation}
    if first.change.kind == "errors":
        return call_text("errors", {**at, **rest})
    return call_text("traces", {**at, "sort": "duration", **rest})
