"""What a tool has at hand, and the desk of one call: one database, asked on one caller's behalf.

Must not be here: what a tool does with it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.handlers.context import Context
from vtmcp.handlers.deployment import Deployment, Deployments, Everywhere
from vtmcp.handlers.library import Library
from vtmcp.handlers.source import TraceSource
from vtmcp.handlers.visible_json import visible
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.schema import shown

if TYPE_CHECKING:
    from vtmcp.traces.masking import Masking
    from vtmcp.traces.tenant import Tenant

Headers = tuple[tuple[str, str], ...]


class Desk(NamedTuple):
    """What a tool has at hand."""

    source: TraceSource
    library: Library
    default_tenant: "Tenant"
    answer_bytes: int
    now_ns: Callable[[], int]
    allows_tenant: "Callable[[str, Tenant], bool]" = lambda caller, tenant: True
    """Whether a caller may read a tenant. A refusal is noted by whoever keeps watch."""
    may_read: "Callable[[str, Tenant], bool]" = lambda caller, tenant: True
    """The same, where nothing was asked for that could be refused."""
    passed_on: "Callable[[Callable[[str], list[str]]], Headers] | None" = None
    """Of the headers of a call, by the values of each, those that the database gets too."""
    masking: "Masking | None" = None
    """What no answer on traces shows."""
    deployments: Deployments | None = None
    """All databases, where there are several: then `source` is the usual one."""
    deployment: str = ""
    """The one that a call asks, where there are several."""
    told: Callable[[str], str] = str
    """An error of the source in the operator's words."""
    said: Callable[[], str] = lambda: ""
    """The last line of a call's answer, on where it came from."""

    def on_behalf(self, context: Context) -> "Desk":
        """The desk of a call, where there is one database. Raises `SourceError`."""
        headers, caller = self._headers(context), context.caller
        if not headers and not caller:
            return self
        return self._replace(source=self.source.on_behalf(headers, caller))

    def of_call(
        self, context: Context, named: str, *, by_id: bool, tenant: "Tenant | None"
    ) -> "Desk":
        """The desk of a call, where there are several.

        A call `by_id` that names none finds a trace wherever its caller may look: in the tenant
        that it names, or in the usual one of each place. Raises `ToolError` and `SourceError`.
        """
        assert self.deployments is not None
        headers, caller = self._headers(context), context.caller
        allowed = [one.on_behalf(headers, caller) for one in self.deployments.of(caller)]
        chosen = _chosen(allowed, named)
        desk = self._replace(
            source=chosen.source,
            default_tenant=chosen.default_tenant,
            allows_tenant=lambda caller, asked: (
                chosen.has(asked) and self.allows_tenant(caller, asked)
            ),
            deployment=chosen.name,
            told=chosen.told,
            said=lambda: f"Deployment {chosen.name}.",
        )
        if named or not by_id:
            return desk
        may_read = self.deployments.may_read
        wanted = [(one, tenant or one.default_tenant) for one in allowed[1:]]
        places = [(one, each) for one, each in wanted if one.has(each) and may_read(caller, each)]
        everywhere = Everywhere(chosen, places)
        return desk._replace(source=everywhere.source(), said=everywhere.said)

    def _headers(self, context: Context) -> Headers:
        passed = () if self.passed_on is None else self.passed_on(context.header_values)
        return passed if context.trace is None else passed + context.trace.headers()


def _chosen(allowed: list[Deployment], named: str) -> Deployment:
    if not named:
        return allowed[0]
    for one in allowed:
        if one.name == named:
            return one
    names = ", ".join(one.name for one in allowed)
    raise ToolError(f"deployment {visible(shown(named))} is not known; accepted: {names}")
