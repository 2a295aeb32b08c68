"""Fixture tools that say something on the way: progress, log messages, changed lists."""

from typing import Any

import anyio

from vtmcp import Context, Elicitation, MissingCapability, Sampling, Tool
from vtmcp.protocol.subscriptions import PROMPTS_CHANGED, TOOLS_CHANGED

STEP_S = 0.05
"""The pause between two messages that the suite expects."""


class WithLogging(Tool):
    name = "test_tool_with_logging"
    description = "Logs three messages at level info."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.log("info", "Tool execution started")
        await anyio.sleep(STEP_S)
        await context.log("info", "Tool processing data")
        await anyio.sleep(STEP_S)
        await context.log("info", "Tool execution completed")
        return "Logged three messages."


class LoggingTool(WithLogging):
    name = "test_logging_tool"
    description = "Logs three messages at level info, if the request asks for them."


class WithProgress(Tool):
    name = "test_tool_with_progress"
    description = "Tells progress three times."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        for step in (0, 50, 100):
            await context.progress(step, total=100, message=f"Completed step {step} of 100")
            await anyio.sleep(STEP_S)
        return str(context.call.params.get("_meta", {}).get("progressToken", "no token"))


class Reconnection(Tool):
    name = "test_reconnection"
    description = "Answers after its stream was closed, where the transport has streams."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.release()
        await anyio.sleep(2 * STEP_S)
        return "Reconnection test completed"


class MissingSampling(Tool):
    name = "test_missing_capability"
    description = "Needs a client that declares sampling."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        if not context.can_ask(Sampling([], max_tokens=1)):
            raise MissingCapability(
                "This tool needs the client capability sampling", Sampling.needs
            )
        return "The client declares sampling."


class StreamingElicitation(Tool):
    name = "test_streaming_elicitation"
    description = "Tells progress and then asks the user."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.progress(1, total=2)
        schema = {"type": "object", "properties": {"name": {"type": "string"}}}
        question = Elicitation("What is your name?", schema)
        if not context.can_ask(question):
            return "The client cannot be asked."
        answer = await context.ask(question, key="user_name")
        return f"Elicitation: {answer['action']}"


class TriggerToolChange(Tool):
    name = "test_trigger_tool_change"
    description = "Announces that the list of tools has changed."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.publish(TOOLS_CHANGED)
        return "Announced."


class TriggerPromptChange(Tool):
    name = "test_trigger_prompt_change"
    description = "Announces that the list of prompts has changed."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.publish(PROMPTS_CHANGED)
        return "Announced."


TOOLS = (
    WithLogging(),
    LoggingTool(),
    WithProgress(),
    Reconnection(),
    MissingSampling(),
    StreamingElicitation(),
    TriggerToolChange(),
    TriggerPromptChange(),
)
