"""`errors`: failing spans of a window, put together by where and how they began to fail."""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.filters import FILTERS, span_filter
from vtmcp.handlers.nothing import nothing_found
from vtmcp.handlers.trace_tool import TraceTool, call_text, tenant_only
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.traces.error_groups import ErrorGroup
    from vtmcp.traces.errors_text import About, Found
    from vtmcp.traces.origins import Failing
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.tenant import Tenant

LIMIT = 10
"""Groups shown by a call that does not say: more are noise beside the largest."""

LIMIT_MAX = 100

READ_MAX = 10_000
"""Failing spans that are looked at; beyond it the newest are, and the answer says so."""

ABOUT_MAX = 3
"""Groups whose operation is looked at in full, each by two questions: the largest ones."""


class Errors(TraceTool):
    name = "errors"
    title = "Errors at their origin"
    description = (
        "What fails, and where it began: failing spans grouped at the deepest failing span by"
        " service, operation, exception type and message, with counts, first and last seen, entry"
        " points reached, services that passed the error on, what all failures share (pod,"
        " version) and two example traces. With a service, errors that reached it from below are"
        " told where they began. Use span_stats for how much got worse, trace for one example."
    )
    rank = 26
    properties = {  # noqa: RUF012
        **FILTERS,
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many groups at most (default {LIMIT})",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> str:
        from vtmcp.traces.error_groups import group_errors  # noqa: PLC0415 - first call only
        from vtmcp.traces.errors_text import Found, Tally, errors_text  # noqa: PLC0415
        from vtmcp.traces.filter_text import filter_text  # noqa: PLC0415
        from vtmcp.traces.origins import origins_of  # noqa: PLC0415

        tenant, wanted = self.tenant(arguments), await span_filter(self, arguments)
        spans = await self.desk.source.span_stats(wanted, [], tenant)
        if not spans:
            return await nothing_found(self, wanted, arguments)
        failing = await self.desk.source.failing(wanted, tenant, limit=READ_MAX)
        groups = group_errors(origins_of(failing))
        limit = arguments.get("limit", LIMIT)
        told = Found(
            f"{filter_text(wanted)}, tenant {tenant}",
            Tally(spans[0].count, spans[0].errors),
            groups,
            await self._abouts(groups[: min(limit, ABOUT_MAX)], wanted, tenant),
            _notes(wanted, failing, spans[0].errors),
        )
        return errors_text(
            told,
            limit=limit,
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            trace_call=lambda trace_id: call_text(
                "trace", {"trace_id": trace_id, **tenant_only(arguments)}
            ),
            next_call=_contrast(told, arguments),
            more_call=self._more(arguments, len(groups)),
        )

    def _more(self, arguments: Json, groups: int) -> str:
        """The same call with room for all groups, as far as there is more to be had."""
        shown = arguments.get("limit", LIMIT)
        if shown >= min(groups, LIMIT_MAX):
            return self.wider_call(arguments)
        return call_text(self.name, {**arguments, "limit": min(groups, LIMIT_MAX)})

    async def _abouts(
        self, groups: "list[ErrorGroup]", wanted: "SpanFilter", tenant: "Tenant"
    ) -> "list[About | None]":
        """What is known of the operation of each group."""
        return [
            await self._about(group, wanted, tenant)
            if group.kind.service and group.operation
            else None
            for group in groups
        ]

    async def _about(
        self, group: "ErrorGroup", wanted: "SpanFilter", tenant: "Tenant"
    ) -> "About | None":
        """All spans of the operation in the window and in the one before, whatever the filter.

        A service whose operations have ids in their names is looked at as a whole.
        """
        from vtmcp.traces.error_groups import suspects_of  # noqa: PLC0415 - first call only
        from vtmcp.traces.errors_text import About, Tally  # noqa: PLC0415
        from vtmcp.traces.spans import ROWS_MAX, SpanFilter  # noqa: PLC0415

        def window(start_ns: int, end_ns: int) -> SpanFilter:
            return SpanFilter(
                start_ns=start_ns,
                end_ns=end_ns,
                service=group.kind.service,
                operation=group.operation if group.has_one_operation else "",
            )

        ask = self.desk.source.span_stats
        here = window(wanted.start_ns, wanted.end_ns)
        before = window(max(0, 2 * wanted.start_ns - wanted.end_ns), wanted.start_ns)
        shared = group.shared_attributes
        now = await ask(here, [f"resource_attr:{name}" for name in shared], tenant)
        earlier = await ask(before, [], tenant)
        if not now:
            return None
        return About(
            "operation" if group.has_one_operation else "service",
            Tally(sum(one.count for one in now), sum(one.errors for one in now)),
            Tally(earlier[0].count, earlier[0].errors) if earlier else None,
            suspects_of(group, now) if len(now) < ROWS_MAX else (),
        )


def _notes(wanted: "SpanFilter", failing: "Failing", failed: int) -> list[str]:
    """What a reader must know before believing the counts."""
    notes = []
    if failed and (wanted.service or wanted.operation):
        notes.append("What reached these spans from below is told where it began, wherever.")
    if len(failing.fitting) < failed:
        notes.append(
            f"A sample: groups and shares are of the newest {len(failing.fitting):,} of"
            f" {failed:,} failing spans."
        )
    if not failing.is_whole:
        notes.append("Not all spans between were read: some groups may only pass an error on.")
    return notes


def _contrast(told: "Found", arguments: Json) -> str:
    """The call that looks for what the failures of the largest group have in common."""
    if not told.groups or (told.abouts and told.abouts[0] and told.abouts[0].suspects):
        return ""
    group = told.groups[0]
    where = {"service": group.kind.service}
    if group.has_one_operation:
        where["operation"] = group.operation
    where |= {name: arguments[name] for name in ("start", "end") if name in arguments}
    return call_text("contrast", {**where, **tenant_only(arguments)})
