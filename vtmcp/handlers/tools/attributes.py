"""`attributes`: which attributes and values occur in the spans that fit, and how often.

Must not be here: how its answer reads (`traces/attributes_text.py`).
"""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.filters import FILTERS, span_filter
from vtmcp.handlers.nothing import nothing_found
from vtmcp.handlers.trace_tool import TraceTool, call_text
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtmcp.traces.spans import Counted, SpanFilter

LIMIT = 50
"""How many names or values a call lists that does not say."""

LIMIT_MAX = 1000
"""What the source answers at most: `ROWS_MAX` of `vtmcp.traces.spans`."""

NEAR_MAX = 5
"""Near names that are offered for one that does not occur."""

COMPARED_CHARS_MAX = 200
"""Names are as long as strangers like, and comparing costs time by their length."""

CALL_CHARS_MAX = 200
"""A longer value stands in no suggested call: nobody repeats it without a fault."""

_OTHER_NAMES = {"service.name": "service", "name": "operation", "span.name": "operation"}
"""What people call fields that have another name here."""

_TAG_NAMES = {"kind": "span.kind", "status": "error"}
_ERROR_TAGS = {"unset": "unset", "ok": "false", "error": "true"}
"""How a filter names the fields that are no attributes, and says a status."""


class Attributes(TraceTool):
    name = "attributes"
    title = "Attributes and values"
    description = (
        "List the attribute names that occur in the spans that fit, with counts, share of spans"
        " and some values; with name, the values of that one. Use it before filtering by tags,"
        " instead of guessing; for what sets failing or slow spans apart, use contrast."
    )
    rank = 36
    properties = {  # noqa: RUF012
        "name": {
            "type": "string",
            "description": "List the values of this one: service, operation, kind, status, a span"
            " attribute, resource_attr:NAME or scope_attr:NAME",
        },
        "filter": {
            "type": "string",
            "description": "Only names, or with name only values, that hold this text (any case)",
        },
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many names or values at most (default {LIMIT})",
        },
        **FILTERS,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> str:
        wanted = await span_filter(self, arguments)
        whole = await self.desk.source.span_stats(wanted, [], self.tenant(arguments))
        if not whole:
            return await nothing_found(self, wanted, arguments)
        if "name" in arguments:
            return await self._values(wanted, whole[0].count, arguments)
        return await self._names(wanted, whole[0].count, arguments)

    async def _names(self, wanted: "SpanFilter", spans: int, arguments: Json) -> str:
        from vtmcp.traces.attributes_text import EXAMPLES, Closing, names_text  # noqa: PLC0415

        tenant = self.tenant(arguments)
        part = arguments.get("filter", "").casefold()
        names = await self.desk.source.field_names(wanted, tenant)
        if part:
            names = [one for one in names if part in one.text.casefold()]
        facets = await self.desk.source.facets(wanted, tenant, limit=EXAMPLES + 1)
        rest = {key: value for key, value in arguments.items() if key not in _OWN_ARGUMENTS}
        then = call_text(self.name, rest)
        if names:
            of_one = call_text(self.name, {"name": names[0].text, **rest})
            then = f"{of_one} for all values of one, then traces(tags={{name: value}})"
        return names_text(
            names,
            spans,
            subject=self._subject(wanted, arguments),
            examples={one.name: one.values for one in facets if part in one.name.casefold()},
            listed=arguments.get("limit", LIMIT),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            closing=Closing(
                "names",
                wider_call=self.wider_call(arguments),
                more_call=self._more_call(arguments),
                then=then,
            ),
        )

    async def _values(self, wanted: "SpanFilter", spans: int, arguments: Json) -> str:
        from vtmcp.traces.attributes_text import Closing, values_text  # noqa: PLC0415
        from vtmcp.traces.spans import ROWS_MAX  # noqa: PLC0415

        name, part = arguments["name"], arguments.get("filter", "").casefold()
        values = await self.desk.source.field_values(
            _narrowed(wanted, name, arguments.get("filter", "")),
            name,
            self.tenant(arguments),
            limit=ROWS_MAX + 1,
        )
        # Of most fields the source has answered with these only; of some it cannot.
        values = [one for one in values if part in one.text.casefold()]
        if not values:
            return await self._no_values(wanted, spans, arguments)
        return values_text(
            name,
            values,
            spans,
            subject=self._subject(wanted, arguments),
            listed=arguments.get("limit", LIMIT),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            closing=Closing(
                "values",
                wider_call=self.wider_call(arguments),
                more_call=self._more_call(arguments),
                then=_traces_call(name, values, arguments),
            ),
        )

    async def _no_values(self, wanted: "SpanFilter", spans: int, arguments: Json) -> str:
        """Say that the name, or a value with the part, does not occur; name near ones."""
        from vtmcp.traces.budget import Budget  # noqa: PLC0415 - first call only
        from vtmcp.traces.safe import quoted  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        name, rest = arguments["name"], {k: v for k, v in arguments.items() if k != "filter"}
        budget = Budget(self.max_bytes(arguments))
        where = f"in {counted(spans, 'span')}: {self._subject(wanted, rest)}."
        if "filter" in arguments:
            budget.head(f"No value of {quoted(name)} holds {quoted(arguments['filter'])} {where}")
        else:
            budget.head(f"No attribute {quoted(name)} {where}")
        if self.desk.source.notice:
            budget.head(self.desk.source.notice)
        if "filter" in arguments:
            budget.head(f"Next: {call_text(self.name, rest)}")
            return budget.text()
        found = await self.desk.source.field_names(wanted, self.tenant(arguments))
        near = near_names(name, [one.text for one in found])
        if near:
            budget.head(f"Near names: {', '.join(map(quoted, near))}.")
            budget.head(f"Next: {call_text(self.name, {**arguments, 'name': near[0]})}")
        else:
            all_names = {key: value for key, value in arguments.items() if key != "name"}
            budget.head(f"Next: {call_text(self.name, all_names)}")
        return budget.text()

    def _subject(self, wanted: "SpanFilter", arguments: Json) -> str:
        from vtmcp.traces.filter_text import filter_text  # noqa: PLC0415 - first call only
        from vtmcp.traces.safe import quoted  # noqa: PLC0415

        part = f"with {quoted(arguments['filter'])} in it, " if "filter" in arguments else ""
        return f"{part}{filter_text(wanted)}, tenant {self.tenant(arguments)}"

    def _more_call(self, arguments: Json) -> str:
        if arguments.get("limit", LIMIT) >= LIMIT_MAX:
            return ""
        return call_text(self.name, {**arguments, "limit": LIMIT_MAX})


_OWN_ARGUMENTS = ("name", "filter", "limit", "max_bytes")
"""What another call of another tool, or for another name, does not take over."""


def near_names(name: str, names: "Sequence[str]") -> list[str]:
    """Names like one that does not occur: in another scope, with it as a part, or spelt nearly."""
    from difflib import get_close_matches  # noqa: PLC0415 - for names that do not occur only

    asked = _bare(name)
    if asked in _OTHER_NAMES:
        return [_OTHER_NAMES[asked]]
    by_bare: dict[str, list[str]] = {}
    for each in names:
        by_bare.setdefault(_bare(each), []).append(each)
    alike = [asked] if asked in by_bare else []
    alike += [bare for bare in by_bare if asked in bare]
    alike += get_close_matches(asked, list(by_bare), n=NEAR_MAX, cutoff=0.6)
    return [each for bare in dict.fromkeys(alike) for each in by_bare[bare]][:NEAR_MAX]


def _bare(name: str) -> str:
    scoped = name[:COMPARED_CHARS_MAX].casefold()
    for scope in ("resource_attr:", "scope_attr:", "span_attr:"):
        scoped = scoped.removeprefix(scope)
    return scoped


def _narrowed(wanted: "SpanFilter", name: str, part: str) -> "SpanFilter":
    """The filter for spans whose value holds a part, where a filter can say so."""
    import re  # noqa: PLC0415 - first call only
    from dataclasses import replace  # noqa: PLC0415

    from vtmcp.traces.spans import FIELDS  # noqa: PLC0415

    tag = "resource_attr:service.name" if name == "service" else name
    if not part or tag in FIELDS or tag in ("error", "span.kind") or tag in wanted.tags:
        return wanted
    return replace(wanted, tags={**wanted.tags, tag: f"~(?i){re.escape(part)}"})


def _traces_call(name: str, values: "Sequence[Counted]", arguments: Json) -> str:
    """The search for traces with a value: the first that is short enough to be repeated."""
    import re  # noqa: PLC0415 - first call only

    value = next((one.text for one in values if len(one.text) <= CALL_CHARS_MAX), None)
    if value is None:
        return ""
    rest = {key: given for key, given in arguments.items() if key not in _OWN_ARGUMENTS}
    if name in ("service", "operation"):
        return call_text("traces", {**rest, name: value})
    said = _ERROR_TAGS.get(value, value) if name == "status" else value
    exactly = f"~^{re.escape(said)}$" if said.startswith("~") else said
    tags = {**rest.pop("tags", {}), _TAG_NAMES.get(name, name): exactly}
    return call_text("traces", {**rest, "tags": tags})
