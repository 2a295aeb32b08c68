"""`critical_path`: what the time of one trace went to.

Must not be here: the path and its text (`traces/critical.py`, `traces/critical_text.py`).
"""

from vtmcp.handlers import parameters
from vtmcp.handlers.tools.trace import TRACE_ID, closely, found_trace, no_such_trace
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult


class CriticalPath(TraceTool):
    name = "critical_path"
    title = "Where the time went"
    description = (
        "Tell what the time of one trace went to: shares by service and by operation on the"
        " critical path, which add up to 100 % of the root's time; what went on after the root"
        " ended, such as time in a queue, has a table of its own. Use trace for the tree."
    )
    rank = 44
    properties = {  # noqa: RUF012
        "trace_id": TRACE_ID,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("trace_id",)

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.traces.critical_text import critical_text  # noqa: PLC0415 - first call only

        found = await found_trace(self, arguments)
        if not found.traces:
            return no_such_trace(self, arguments)
        return critical_text(
            await closely(self, found, arguments),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )
