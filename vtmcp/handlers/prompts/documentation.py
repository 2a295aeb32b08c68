"""`documentation`: a question together with the passages that may answer it."""

from collections.abc import Mapping
from typing import ClassVar

from vtmcp.handlers.context import Context
from vtmcp.handlers.desk_prompt import DeskPrompt
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.messages import Json

TASK = (
    "Answer the question below from the passages of the VictoriaTraces documentation that follow"
    " it. Name the docs:// address of each passage that you use. Where they do not answer it, say"
    " so, and look further with the documentation tool."
)


class Documentation(DeskPrompt):
    name = "documentation"
    title = "Ask the documentation"
    description = "Answer a question from the documentation of VictoriaTraces"
    arguments: ClassVar[tuple[Json, ...]] = (
        {
            "name": "query",
            "title": "Question",
            "description": "A question, or words to look for",
            "required": True,
        },
    )

    async def get(self, arguments: Mapping[str, str], context: Context) -> str:
        from vtmcp.handlers.passages_text import (  # noqa: PLC0415 - first call only
            Question,
            answer_texts,
        )

        query = arguments["query"].strip()
        if not query:
            raise InvalidParams(f"Prompt {self.name}: argument query is empty")
        await self.desk.library.prepare()
        passages = answer_texts(self.desk.library, Question(query))
        return "\n\n".join((TASK, f"Question: {query}", *passages))

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        """Titles and headings with what was typed, each a question that has an answer."""
        typed = value.casefold().strip()
        names = (
            name
            for passage in self.desk.library.passages
            for name in (passage.title, *passage.headings)
        )
        return [name for name in dict.fromkeys(names) if typed in name.casefold()]
