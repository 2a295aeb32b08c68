"""What an expression asks of our metrics: names, labels and values that nothing has are found.

Must not be here: the expressions themselves.
"""

import promql_parser

from vtmcp import __version__
from vtmcp.app_callers import REFUSALS
from vtmcp.app_metrics import ERRORS, REFUSED, AppMetrics
from vtmcp.handlers.tools import tool_classes
from vtmcp.metrics import Family
from vtmcp.protocol.versions import METHODS
from vtmcp.victoriatraces.hosts import REASONS
from vtmcp.victoriatraces.kinds import KINDS, OUTCOMES

OF_THE_SCRAPE = ("job", "instance")
"""Labels that whoever scrapes adds to each series."""

SCRAPED = "up"
"""The one metric that whoever scrapes makes."""

HISTOGRAM = ("_bucket", "_sum", "_count")

VALUES = {
    "is_error": ("true", "false"),
    "outcome": OUTCOMES,
    "kind": KINDS,
    "what": REFUSED,
    "reason": (*REASONS, *(reason for reasons in REFUSALS.values() for reason in reasons)),
    "method": METHODS,
    "error": tuple(ERRORS.values()),
    "name": tuple(tool.name for tool in tool_classes()),
}
"""What labels can say; the others say what clients do."""


def families() -> dict[str, Family]:
    """The families of ours by the names of their series."""
    found: dict[str, Family] = {}
    for name, family in AppMetrics(__version__).registry.families.items():
        ends = HISTOGRAM if family.kind == "histogram" else ("",)
        found |= {name + end: family for end in ends}
    return found


def names(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    return {str(one.name) for one in _selectors(expression)}


def faults(expression: str) -> list[str]:
    """What could never match anything. Raises `ValueError` for what is no PromQL."""
    known, found = families(), []
    there: set[str] = set(OF_THE_SCRAPE)
    for one in _selectors(expression):
        family = known.get(str(one.name))
        if family is None and one.name != SCRAPED:
            found.append(f"no metric {one.name}")
        labels = {*OF_THE_SCRAPE, *(family.labels if family else ())}
        labels |= {"le"} if str(one.name).endswith("_bucket") else set()
        there |= labels
        for matcher in one.matchers.matchers:
            if matcher.name not in labels:
                found.append(f"{one.name} has no label {matcher.name}")
            for value in matcher.value.split("|") if matcher.name in VALUES else ():
                if value not in VALUES[matcher.name]:
                    found.append(f"{matcher.name} is never {value}")
    return found + [f"nothing has a label {label}" for label in _grouped(expression) - there]


def _selectors(expression: str) -> list[promql_parser.VectorSelector]:
    return [one for one in _nodes(expression) if isinstance(one, promql_parser.VectorSelector)]


def _grouped(expression: str) -> set[str]:
    aggregates = [
        one.modifier
        for one in _nodes(expression)
        if isinstance(one, promql_parser.AggregateExpr) and one.modifier is not None
    ]
    return {label for modifier in aggregates for label in modifier.labels}


def _nodes(expression: str) -> list[promql_parser.Expr]:
    found: list[promql_parser.Expr] = []
    promql_parser.walk(promql_parser.parse(expression), found.append)
    return found
