"""What the tools of the product share: where they ask, for whom, and how long an answer may be.

A new tool is one file in `tools/` with one subclass of `TraceTool`; nothing else needs to know.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from vtmcp.handlers import parameters
from vtmcp.handlers.base import READ_ONLY, Tool
from vtmcp.handlers.context import Context
from vtmcp.handlers.deployment import PARAMETER
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.visible_json import visible_json
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.tenant import Tenant

Value = TypeVar("Value")

WIDER = 4
"""By how much a suggested call widens the budget that was too small."""

TRIES_MAX = 3
"""How often an answer is written that masking makes too long: each time for less room."""


class TraceTool(Tool):
    """A read-only tool with the common parameters. Subclasses write `answer`.

    It answers as a copy of itself with the `context` of the call, at the `desk` of the call: its
    source is the database that was chosen, asked with what the caller hands on to it.
    """

    context: Context
    annotations = READ_ONLY
    properties: ClassVar[Json]
    required: ClassVar[tuple[str, ...]] = ()
    rank: ClassVar[int]
    """Its place in the list: the question that is asked first comes first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.reserved_bytes = 0
        """Of an answer, for what is added to it and what it grows by."""
        properties = self.properties
        if desk.deployments is not None and self.asks_source():
            properties = {**properties, PARAMETER: desk.deployments.parameter()}
        self.input_schema = parameters.object_schema(properties, self.required)

    @classmethod
    def asks_source(cls) -> bool:
        """Whether it reads traces: they are a tenant's."""
        return "tenant" in cls.properties

    @classmethod
    def is_offered(cls, desk: Desk) -> bool:
        """Whether there is anything to ask it."""
        return True

    async def answer(self, arguments: Json) -> ToolResult | str:
        """The answer to valid arguments. Raises `SourceError`, or `ValueError` about a value."""
        raise NotImplementedError

    def prepare(self, arguments: Json) -> Json:
        return parameters.understood(self.input_schema, arguments)

    async def call(self, arguments: Json, context: Context) -> ToolResult | str:
        # As `copy` does, in a tenth of the time.
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__, context=context)
        if context.meta.get("progressToken") is None:
            return await bound._answered(arguments)
        from vtmcp.handlers.ticking import told_meanwhile  # noqa: PLC0415 - where asked for

        return await told_meanwhile(context, "asking", lambda: bound._answered(arguments))

    async def _answered(self, arguments: Json) -> ToolResult | str:
        """The answer, or a `ToolError` that the model can act on."""
        from vtmcp.traces.model import SourceError  # noqa: PLC0415 - first call only

        try:
            if not self.asks_source():
                return await self.answer(arguments)
            self.desk = self._desk_of(arguments, self.context)
            self._check_tenant(arguments, self.context.caller)
            if self.desk.masking is None and self.desk.deployments is None:
                return await self.answer(arguments)
            return await self._finished(arguments)
        except SourceError as error:
            raise ToolError(self._told(str(error))) from None
        except UnusableArgumentError as error:
            raise ToolError(f"{self.name}: {error}") from None

    def declare_to(self, context: Context) -> Json:
        """The tool as its caller sees it: with the deployments that it may ask, if several."""
        declared, deployments = self.declare(), self.desk.deployments
        if deployments is None or not self.asks_source():
            return declared
        properties, allowed = dict(self.input_schema["properties"]), deployments.of(context.caller)
        del properties[PARAMETER]
        if len(allowed) > 1:
            properties[PARAMETER] = deployments.parameter(allowed)
        return {**declared, "inputSchema": {**self.input_schema, "properties": properties}}

    def _desk_of(self, arguments: Json, context: Context) -> Desk:
        if self.desk.deployments is None:
            return self.desk.on_behalf(context)
        named = self.tenant(arguments) if "tenant" in arguments else None
        by_id = "trace_id" in self.required
        return self.desk.of_call(context, arguments.get(PARAMETER, ""), by_id=by_id, tenant=named)

    def _check_tenant(self, arguments: Json, caller: str) -> None:
        tenant = self.tenant(arguments)
        if not self.desk.allows_tenant(caller, tenant):
            raise ToolError(f"{self.name}: tenant {tenant} is not allowed to this caller")

    async def _finished(self, arguments: Json) -> ToolResult | str:
        """The answer, masked and with its last lines, all within its size."""
        from vtmcp.handlers.finishing import LINES_BYTES, answer_bytes, finished  # noqa: PLC0415
        from vtmcp.traces.budget import cut_to_bytes  # noqa: PLC0415

        masking = self.desk.masking
        if masking is not None:
            self._ask_once()
        most = self._asked_bytes(arguments)
        self.reserved_bytes = min(LINES_BYTES, most // 4)
        for _ in range(TRIES_MAX):
            answer = await self.answer(arguments)
            said = self.desk.said()
            whole = (
                finished(answer, said) if masking is None else finished(answer, said, masking.mask)
            )
            written = answer_bytes(whole)
            if written <= most:
                return whole
            # What stands for short values is longer than they are: as much room less, and a tenth.
            room = (most - self.reserved_bytes) * most // written
            self.reserved_bytes = most - room * 9 // 10
        if isinstance(whole, str):
            return cut_to_bytes(whole, most)
        raise ToolError(f"{self.name}: the masked answer is too long; ask with a larger max_bytes")

    def _ask_once(self) -> None:
        """Have the same questions at the same time answered again, each time it is written."""
        from vtmcp.handlers.asked_before import AskedBefore  # noqa: PLC0415 - where masked

        now_ns, source = self.desk.now_ns(), AskedBefore(self.desk.source).source()
        self.desk = self.desk._replace(source=source, now_ns=lambda: now_ns)

    def _told(self, error: str) -> str:
        masking, name = self.desk.masking, self.desk.deployment
        told = self.desk.told(error)
        told = f"deployment {name}: {told}" if name else told
        return told if masking is None else masking.mask(told)[0]

    def tenant(self, arguments: Json) -> "Tenant":
        """The tenant asked for, or the configured one."""
        from vtmcp.traces.tenant import parse_tenant  # noqa: PLC0415 - first call only

        if "tenant" not in arguments:
            return self.desk.default_tenant
        return read(arguments, "tenant", parse_tenant)

    def max_bytes(self, arguments: Json) -> int:
        """How long the answer may be, in bytes."""
        return self._asked_bytes(arguments) - self.reserved_bytes

    def wider_call(self, arguments: Json) -> str:
        """The same call with more room; nothing when there is no more to be had."""
        asked = self._asked_bytes(arguments)
        room = min(asked * WIDER, parameters.ANSWER_BYTES_MAX)
        if room <= asked:
            return ""
        return call_text(self.name, {**arguments, "max_bytes": room})

    def _asked_bytes(self, arguments: Json) -> int:
        return int(arguments.get("max_bytes", self.desk.answer_bytes))


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
    """The arguments of another call for the same tenant of the same deployment."""
    return {name: arguments[name] for name in ("tenant", PARAMETER) if name in arguments}


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
