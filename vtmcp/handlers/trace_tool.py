"""What the tools of the product share: where they ask, for whom, and how long an answer may be.

A new tool is one file in `tools/` with one subclass of `TraceTool`; nothing else needs to know.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from vtmcp.handlers import parameters
from vtmcp.handlers.base import READ_ONLY, Tool
from vtmcp.handlers.context import Context
from vtmcp.handlers.library import Library
from vtmcp.handlers.source import TraceSource
from vtmcp.handlers.visible_json import visible_json
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.tenant import Tenant

Value = TypeVar("Value")

WIDER = 4
"""By how much a suggested call widens the budget that was too small."""


class Desk(NamedTuple):
    """What a tool has at hand."""

    source: TraceSource
    library: Library
    default_tenant: "Tenant"
    answer_bytes: int
    now_ns: Callable[[], int]
    allows_tenant: "Callable[[str, Tenant], bool]" = lambda caller, tenant: True
    """Whether a caller may read a tenant."""


class TraceTool(Tool):
    """A read-only tool with the common parameters. Subclasses write `answer`."""

    annotations = READ_ONLY
    properties: ClassVar[Json]
    required: ClassVar[tuple[str, ...]] = ()
    rank: ClassVar[int]
    """Its place in the list: the question that is asked first comes first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.input_schema = parameters.object_schema(self.properties, self.required)

    async def answer(self, arguments: Json) -> ToolResult | str:
        """The answer to valid arguments. Raises `SourceError`, or `ValueError` about a value."""
        raise NotImplementedError

    def prepare(self, arguments: Json) -> Json:
        return parameters.understood(self.input_schema, arguments)

    async def call(self, arguments: Json, context: Context) -> ToolResult | str:
        from vtmcp.traces.model import SourceError  # noqa: PLC0415 - first call only

        try:
            self._check_tenant(arguments, context.caller)
            return await self.answer(arguments)
        except SourceError as error:
            raise ToolError(str(error)) from None
        except UnusableArgumentError as error:
            raise ToolError(f"{self.name}: {error}") from None

    def _check_tenant(self, arguments: Json, caller: str) -> None:
        if "tenant" not in self.properties:
            return
        tenant = self.tenant(arguments)
        if not self.desk.allows_tenant(caller, tenant):
            raise ToolError(f"{self.name}: tenant {tenant} is not allowed to this caller")

    def tenant(self, arguments: Json) -> "Tenant":
        """The tenant asked for, or the configured one."""
        from vtmcp.traces.tenant import parse_tenant  # noqa: PLC0415 - first call only

        if "tenant" not in arguments:
            return self.desk.default_tenant
        return read(arguments, "tenant", parse_tenant)

    def max_bytes(self, arguments: Json) -> int:
        """How long the answer may be, in bytes."""
        return int(arguments.get("max_bytes", self.desk.answer_bytes))

    def wider_call(self, arguments: Json) -> str:
        """The same call with more room; nothing when there is no more to be had."""
        room = min(self.max_bytes(arguments) * WIDER, parameters.ANSWER_BYTES_MAX)
        if room <= self.max_bytes(arguments):
            return ""
        return call_text(self.name, {**arguments, "max_bytes": room})


class UnusableArgumentError(ValueError):
    """An argument that the schema allows and that still means nothing."""


def read(arguments: Json, name: str, parse: Callable[[Any], Value]) -> Value:
    """An argument through a parser. Raises `UnusableArgumentError` that names the argument."""
    try:
        return parse(arguments[name])
    except ValueError as error:
        raise UnusableArgumentError(f"argument {name}: {error}") from None


def call_text(tool: str, arguments: Json) -> str:
    """A call as a reader would write it: `trace(trace_id="ab", max_bytes=96000)`."""
    written = ", ".join(f"{name}={visible_json(value)}" for name, value in arguments.items())
    return f"{tool}({written})"


def tenant_only(arguments: Json) -> Json:
    """The arguments of another call for the same tenant."""
    return {"tenant": arguments["tenant"]} if "tenant" in arguments else {}


def longer(window_ns: int) -> str:
    """The next longer of the windows that people search, such as `24h`; nothing beyond a month."""
    for name, length_ns in _WINDOWS_NS.items():
        if length_ns > window_ns:
            return name
    return ""


_WINDOWS_NS = {
    "24h": 86_400_000_000_000,
    "7d": 604_800_000_000_000,
    "30d": 2_592_000_000_000_000,
}
"""What an empty answer proposes; the database keeps spans for 7 days unless told otherwise."""
