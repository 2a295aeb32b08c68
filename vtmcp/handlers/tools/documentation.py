"""`documentation`: what the documentation of VictoriaTraces says on a question."""

from vtmcp.handlers import parameters
from vtmcp.handlers.base import READ_ONLY
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, text


class Documentation(TraceTool):
    name = "documentation"
    title = "Documentation"
    description = (
        "Search the documentation of VictoriaTraces and of this server: flags, endpoints, query"
        " language, ingestion, clusters, retention, troubleshooting. Returns the best passages,"
        " each with its docs:// address, which resources/read takes too. Ask in a few words; the"
        " exact name of a flag or an error text works best."
    )
    rank = 60
    annotations = {**READ_ONLY, "openWorldHint": False}  # noqa: RUF012
    properties = {  # noqa: RUF012
        "query": {
            "type": "string",
            "minLength": 1,
            "description": "A question, or words to look for",
        },
        "limit": {
            "type": "integer",
            "description": "How many passages at most (default 10; below 1 counts as 1, above 50"
            " as 50)",
        },
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("query",)

    async def answer(self, arguments: Json) -> ToolResult:
        from vtmcp.handlers.passages_text import (  # noqa: PLC0415 - first call only
            LIMIT,
            PASSAGES_BYTES,
            Question,
            answer_texts,
        )

        default_bytes = min(PASSAGES_BYTES, self.desk.answer_bytes)
        question = Question(
            arguments["query"],
            arguments.get("limit", LIMIT),
            arguments.get("max_bytes", default_bytes),
        )
        await self.desk.library.prepare()
        return ToolResult([text(each) for each in answer_texts(self.desk.library, question)])
