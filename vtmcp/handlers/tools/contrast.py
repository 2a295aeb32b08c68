"""`contrast`: what sets failing or slow spans apart from the rest."""

from dataclasses import replace
from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.contrasting import Sets, compare_sets, fields_to_share, tag_of
from vtmcp.handlers.filters import FILTERS, span_filter
from vtmcp.handlers.nothing import nothing_found
from vtmcp.handlers.together import together
from vtmcp.handlers.trace_tool import TraceTool, call_text, read
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtmcp.traces.activity import Activity
    from vtmcp.traces.contrast_text import Overall, Part
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.strata import Strata

LIMIT = 5
"""How many values a group of spans is told with: the first is the cause, or none is."""

LIMIT_MAX = 50


class Contrast(TraceTool):
    name = "contrast"
    title = "What sets bad spans apart"
    description = (
        "Why are these different? Compares failing spans (or with slower_than those that took"
        " that long) with the rest, within the operation where they began and where they come"
        " in: the attribute values (pod, host, version, customer, flag) that the bad ones have"
        " far more often, with counts over all spans, lift and interval. Says when nothing"
        " differs or there is too little to tell. Use triage for what changed, errors for"
        " messages."
    )
    rank = 34
    properties = {  # noqa: RUF012
        "slower_than": parameters.duration(
            "Bad are spans that took at least this long (default: bad are failing spans)"
        ),
        **FILTERS,
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many values at most for each group of spans (default {LIMIT})",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> str:
        from vtmcp.durations import parse_duration_ns  # noqa: PLC0415 - first call only
        from vtmcp.traces.activity import added  # noqa: PLC0415
        from vtmcp.traces.contrast import BAD_MIN, REST_MIN  # noqa: PLC0415

        bound_ns = None
        if "slower_than" in arguments:
            bound_ns = read(arguments, "slower_than", parse_duration_ns)
        wanted = await span_filter(self, arguments)
        groups = await self.desk.source.activity(
            wanted, self.tenant(arguments), slower_than_ns=bound_ns
        )
        if not groups:
            return await nothing_found(self, wanted, arguments)
        whole = added(groups)
        asked = _Asked(self, wanted, bound_ns, arguments)
        if whole.bad < BAD_MIN or whole.count - whole.bad < REST_MIN:
            return asked.too_little(whole)
        return await asked.answer(groups)


class _Asked:
    """One call, past its arguments."""

    def __init__(
        self, tool: Contrast, wanted: "SpanFilter", bound_ns: int | None, arguments: Json
    ) -> None:
        from vtmcp.durations import format_duration  # noqa: PLC0415 - first call only

        self.tool = tool
        self.wanted = wanted
        self.bound_ns = bound_ns
        self.arguments = arguments
        self.traces = 0
        self.words = "failing" if bound_ns is None else f"of {format_duration(bound_ns)} or more"

    def too_little(self, whole: "Activity") -> str:
        """Say that a comparison would be guessing, and show the few instead."""
        from vtmcp.traces.contrast import BAD_MIN, REST_MIN  # noqa: PLC0415 - first call only

        few = f"{whole.bad:,} of {whole.count:,} spans are {self.words}"
        if not whole.bad:
            verdict = f"Nothing to explain: no span is {self.words}, of {whole.count:,}."
        elif whole.bad < BAD_MIN:
            verdict = f"Too little to tell: {few}; at least {BAD_MIN} are compared."
        else:
            verdict = f"Nothing to compare with: {few}; at least {REST_MIN} others are needed."
        lines = [verdict, self._subject(), self.tool.desk.source.notice]
        if whole.bad:
            lines.append(f"Next: {self._traces_call({})}")
        elif self.bound_ns is None:
            slower = {"slower_than": "1s", **self.arguments}
            lines.append(f"Next: {call_text(self.tool.name, slower)} for what is slow")
        return self._text([line for line in lines if line], [])

    async def answer(self, groups: "Sequence[Activity]") -> str:
        from vtmcp.traces.strata import strata  # noqa: PLC0415 - first call only

        chosen = strata(groups)
        self.traces = sum(group.origin_traces for group in groups)
        most = "where most of them began" if self.traces else "where most of them are"
        roles = [most, *("where some began" for _ in chosen.origins[1:])]
        first = list(map(_Stratum, chosen.origins, roles))
        if chosen.entry is not None:
            first.append(_Stratum(chosen.entry, "where requests come in"))
        parts, left_out = await self._parts(first)
        overall = None
        if not chosen.is_concentrated:
            overall = await self._overall(groups)
        is_found = any(part.contrast.findings for part in parts) or (overall and overall.findings)
        if not is_found and chosen.between:
            more, _ = await self._parts([_Stratum(one, "on the way") for one in chosen.between])
            parts += [part for part in more if part.contrast.findings]
        return self._written(groups, chosen, parts, overall, left_out)

    async def _parts(self, chosen: "list[_Stratum]") -> "tuple[list[Part], tuple[str, ...]]":
        """What is found in each group, and the attributes that the first one left out."""
        from vtmcp.traces.contrast_text import Part  # noqa: PLC0415 - first call only

        compared = await together(
            *(
                lambda one=one: compare_sets(self.tool, self._sets(one.group), self.arguments)
                for one in chosen
            )
        )
        parts = [
            Part(one.group, one.role, each.contrast, each.call, each.apart)
            for one, each in zip(chosen, compared, strict=True)
        ]
        return parts, compared[0].left_out

    async def _overall(self, groups: "Sequence[Activity]") -> "Overall":
        """Values over all operations, each of which is compared in itself."""
        from vtmcp.traces.activity import added  # noqa: PLC0415 - first call only
        from vtmcp.traces.contrast_text import Overall  # noqa: PLC0415
        from vtmcp.traces.strata import within_operations  # noqa: PLC0415

        whole = added(groups)
        sets = Sets(self.wanted, self._bad_ones(self.wanted), whole.count, whole.bad)
        names, tested = await fields_to_share(self.tool, sets, self.arguments)
        source, tenant = self.tool.desk.source, self.tool.tenant(self.arguments)
        found = await together(
            *(
                lambda name=name: source.activity(
                    self.wanted, tenant, slower_than_ns=self.bound_ns, also_by=name
                )
                for name in names
            )
        )
        within = [
            one
            for name, parts in zip(names, found, strict=True)
            for one in within_operations(name, parts)
        ]
        return Overall(whole.origin_traces, tested, tuple(within))

    def _sets(self, group: "Activity") -> Sets:
        tags = self.wanted.tags
        if "span.kind" not in tags:
            tags = {**tags, "span.kind": group.kind}
        everything = replace(
            self.wanted, service=group.service, operation=group.operation, tags=tags
        )
        return Sets(
            everything,
            self._bad_ones(everything),
            group.count,
            group.bad,
            _cluster(group, self.traces),
        )

    def _bad_ones(self, wanted: "SpanFilter") -> "SpanFilter":
        if self.bound_ns is None:
            return replace(wanted, errors_only=True)
        least_ns = max(self.bound_ns, wanted.duration_min_ns or 0)
        return replace(wanted, duration_min_ns=least_ns)

    def _written(
        self,
        groups: "Sequence[Activity]",
        chosen: "Strata",
        parts: "list[Part]",
        overall: "Overall | None",
        left_out: tuple[str, ...],
    ) -> str:
        from vtmcp.traces.contrast_text import how_text, overall_lines, part_lines  # noqa: PLC0415

        found = [part for part in parts if part.contrast.findings]
        best = max(found, key=lambda part: part.contrast.findings[0].surprise, default=None)
        parts.sort(key=lambda part: part is not best)
        limit = self.arguments.get("limit", LIMIT)
        lines = [line for part in parts for line in part_lines(part, self.words, limit)]
        tested = sum(part.contrast.tested for part in parts)
        if overall is not None:
            place = 0 if overall.findings else len(lines)
            lines[place:place] = overall_lines(overall, self.words, limit)
            tested += overall.tested
        if overall is not None and overall.findings:
            verdict, call = self._overall_verdict(overall)
        elif best is not None:
            verdict, call = self._verdict(best)
        else:
            verdict, call = self._nothing(chosen, parts), self._elsewhere() or self._traces_call({})
        lines += [how_text(tested, left_out), f"Next: {call}"]
        head = [verdict, self._subject(), self._began(groups, chosen), self.tool.desk.source.notice]
        return self._text([line for line in head if line], lines)

    def _verdict(self, best: "Part") -> tuple[str, str]:
        from vtmcp.traces.contrast_text import lift_text, percent, value_text  # noqa: PLC0415

        finding = best.contrast.findings[0]
        value = finding.values[0]
        verdict = (
            f"Spans of {best.name} with {value_text(value)} are {self.words}"
            f" {lift_text(finding.lift)}: {percent(finding.bad, finding.bad + finding.rest)} of"
            f" them, and they are {percent(finding.bad, best.contrast.bad)} of those that are."
        )
        at = {"service": best.group.service, "operation": best.group.operation}
        name, text = tag_of(value)
        return verdict, self._traces_call({**at, "tags": {name: text}})

    def _overall_verdict(self, overall: "Overall") -> tuple[str, str]:
        from vtmcp.traces.contrast_text import lift_text, percent, value_text  # noqa: PLC0415

        within = overall.findings[0]
        name, text = tag_of(within.value)
        verdict = (
            f"In many operations, spans with {value_text(within.value)} are {self.words}"
            f" {lift_text(within.lift)} as others of the same operation;"
            f" {percent(within.value.bad, overall.began)} of it began there."
        )
        return verdict, self._traces_call({"tags": {name: text}})

    def _nothing(self, chosen: "Strata", parts: "list[Part]") -> str:
        from vtmcp.traces.contrast import BAD_MIN, REST_MIN  # noqa: PLC0415 - first call only
        from vtmcp.traces.contrast_text import percent  # noqa: PLC0415

        if all(min(p.contrast.bad - BAD_MIN, p.contrast.rest - REST_MIN) < 0 for p in parts):
            return (
                f"Too little to tell: {BAD_MIN} spans that are {self.words} and {REST_MIN} others"
                " of one operation are compared at least."
            )
        what = "no attribute's value is surely more frequent in them than in others of their kind."
        where = next(part.name for part in parts if part.group is chosen.origin)
        if chosen.is_concentrated and chosen.origin.origins >= BAD_MIN:
            return (
                f"Of the spans that are {self.words}, {percent(chosen.share, 1.0)} began in"
                f" {where}; nothing else sets them apart: {what}"
            )
        return f"Nothing sets the spans apart that are {self.words}: {what}"

    def _elsewhere(self) -> str:
        """The call that also sees what these spans only pass on, where all of them do."""
        narrow = ("service", "operation", "tags")
        rest = {name: value for name, value in self.arguments.items() if name not in narrow}
        if self.traces or len(rest) == len(self.arguments):
            return ""
        return f"{call_text(self.tool.name, rest)} for where it began"

    def _began(self, groups: "Sequence[Activity]", chosen: "Strata") -> str:
        """Say where they began: the mix of operations is no cause, and is told before all."""
        from vtmcp.traces.activity import added  # noqa: PLC0415 - first call only
        from vtmcp.traces.contrast_text import percent, who  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        whole = added(groups)
        if not whole.origins:
            return (
                f"{whole.bad:,} of {counted(whole.count, 'span')} are {self.words}, and all of them"
                " pass on what began in spans that these conditions leave out."
            )
        return (
            f"{whole.bad:,} of {counted(whole.count, 'span')} are {self.words};"
            f" {whole.origins:,} began it, in {counted(chosen.operations, 'operation')}, and"
            f" {whole.bad - whole.origins:,} pass it on. {percent(chosen.share, 1.0)} began in"
            f" {who(chosen.origin)}."
        )

    def _subject(self) -> str:
        from vtmcp.traces.filter_text import filter_text  # noqa: PLC0415 - first call only

        return f"Searched: {filter_text(self.wanted)}, tenant {self.tool.tenant(self.arguments)}."

    def _traces_call(self, more: Json) -> str:
        own = ("slower_than", "limit", "max_bytes")
        rest = {name: value for name, value in self.arguments.items() if name not in own}
        bad: Json = {"errors_only": True}
        if self.bound_ns is not None:
            bad = {"minDuration": self.arguments["slower_than"]}
        if "tags" in more:
            more = {**more, "tags": {**rest.get("tags", {}), **more["tags"]}}
        return call_text("traces", {**rest, **more, **bad})

    def _text(self, head: list[str], lines: list[str]) -> str:
        from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415 - first call only

        budget = Budget(
            self.tool.max_bytes(self.arguments),
            closing=closing_line(self.tool.wider_call(self.arguments), "lines"),
        )
        for line in head:
            budget.head(line)
        for line in lines:
            budget.add(line)
        return budget.text()


class _Stratum:
    def __init__(self, group: "Activity", role: str) -> None:
        self.group = group
        self.role = role


def _cluster(group: "Activity", traces: int) -> float:
    """How many bad spans a trace has at least, where that began in so many traces at most."""
    if not traces:
        return 1.0
    began = group.origins / max(1, group.origin_traces)
    return max(1.0, began if 2 * group.origins >= group.bad else 1.0, group.bad / traces)
