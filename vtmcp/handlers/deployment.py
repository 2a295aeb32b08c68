"""Several databases under one roof: which of them a caller may ask, and a trace looked for in all.

Must not be here: where they come from (`VT_INSTANCES_FILE`), or how one is asked.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from vtmcp.handlers.source import TraceSource
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.traces.model import Found
    from vtmcp.traces.tenant import Tenant

PARAMETER = "deployment"

ELSEWHERE_S = 10.0
"""How long a trace is looked for where it was not expected: as long as a model waits gladly."""

_NOWHERE = "\0"
"""Stands for the line on a trace that nobody has."""


class Deployment(NamedTuple):
    """One database. `place` is its host, for a reader; `tenants` None stands for any."""

    name: str
    place: str
    source: TraceSource
    default_tenant: "Tenant"
    tenants: "frozenset[Tenant] | None" = None
    told: Callable[[str], str] = str
    """An error about it in the operator's words."""

    def has(self, tenant: "Tenant") -> bool:
        """Whether the operator lets the tenant be read there."""
        return self.tenants is None or tenant in self.tenants

    def on_behalf(self, headers: tuple[tuple[str, str], ...], caller: str) -> "Deployment":
        """The same database, asked by a caller with headers of its own."""
        if not headers and not caller:
            return self
        return self._replace(source=self.source.on_behalf(headers, caller))


class Deployments(NamedTuple):
    """All databases there are. Everyone may ask the usual one, in the tenants allowed to it."""

    usual: Deployment
    others: tuple[Deployment, ...]
    allows: Callable[[str, str], bool] = lambda caller, name: True
    """Whether a caller may ask a deployment of that name."""
    may_read: "Callable[[str, Tenant], bool]" = lambda caller, tenant: True
    """Whether a caller may read a tenant at all."""

    def of(self, caller: str) -> list[Deployment]:
        """Those that a caller may ask, the usual one first."""
        return [self.usual, *(one for one in self.others if self.allows(caller, one.name))]

    def parameter(self, allowed: Sequence[Deployment] = ()) -> Json:
        """The parameter that names one of them."""
        parameter: Json = {
            "type": "string",
            "description": f"Which database to ask, as deployments lists them (default:"
            f" {self.usual.name})",
        }
        return {**parameter, "enum": [one.name for one in allowed]} if allowed else parameter


class Everywhere:
    """The usual source, but that a trace which it does not have is looked for in others.

    `places` are those others, each with the tenant to read there. What is asked after a trace was
    found elsewhere, such as for its like, is asked there.
    """

    def __init__(self, usual: Deployment, places: "Sequence[tuple[Deployment, Tenant]]") -> None:
        self._usual = usual
        self._places = places
        self._here: tuple[Deployment, Tenant | None] = (usual, None)
        self._where: dict[str, str] = {}
        self._silent: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        place, tenant = self._here
        found = getattr(place.source, name)
        return (
            partial(_asked_of, found, tenant) if tenant is not None and callable(found) else found
        )

    async def trace(self, trace_id: str, tenant: "Tenant") -> "Found":
        """The trace of that id, from wherever it is; an empty `Found` where it is nowhere."""
        found = await self._usual.source.trace(trace_id, tenant)
        if found.traces:
            self._here = self._usual, None
            self._where[trace_id] = f"Deployment {self._usual.name}."
            return found
        return await self._elsewhere(trace_id) or found

    def source(self) -> TraceSource:
        """This, as what it is: all but one of its methods are the usual source's."""
        return cast("TraceSource", self)

    def said(self) -> str:
        """A line on where traces were, and where they were looked for in vain."""
        lines = dict.fromkeys(self._where.values()) or {f"Deployment {self._usual.name}.": None}
        if _NOWHERE in lines and self._silent:
            lines[f"No answer from {', '.join(sorted(self._silent))}."] = None
        names = ", ".join((self._usual.name, *(one.name for one, _ in self._places)))
        return " ".join(lines).replace(_NOWHERE, f"Not in {names}.")

    async def _elsewhere(self, trace_id: str) -> "Found | None":
        import anyio  # noqa: PLC0415 - loaded by whoever serves

        results: list[Found] = []
        silent = {one.name for one, _ in self._places}

        async def look(place: Deployment, tenant: "Tenant") -> None:
            from vtmcp.traces.model import SourceError  # noqa: PLC0415 - first call only

            try:
                found = await place.source.trace(trace_id, tenant)
            except SourceError:
                return
            silent.discard(place.name)
            if found.traces and not results:
                results.append(found)
                self._here = place, tenant
                self._where[trace_id] = (
                    f"Found in deployment {place.name}, tenant {tenant}; not in {self._usual.name}."
                )
                tasks.cancel_scope.cancel()

        with anyio.move_on_after(ELSEWHERE_S):
            async with anyio.create_task_group() as tasks:
                for place, tenant in self._places:
                    tasks.start_soon(look, place, tenant)
        if results:
            return results[0]
        self._where[trace_id] = _NOWHERE
        self._silent |= silent
        return None


def _asked_of(ask: Callable[..., Any], there: "Tenant", /, *given: Any, **named: Any) -> Any:
    """Ask for the tenant of the place, whichever one the call is about."""
    kind = type(there)
    given = tuple(there if isinstance(one, kind) else one for one in given)
    if "tenant" in named:
        named["tenant"] = there
    return ask(*given, **named)
