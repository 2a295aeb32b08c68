"""Tools that wait, talk, ask and announce, for tests of transports."""

import anyio

from vtmcp.handlers.base import Tool
from vtmcp.handlers.context import Context
from vtmcp.protocol.messages import Json
from vtmcp.protocol.questions import Roots, Sampling
from vtmcp.protocol.subscriptions import TOOLS_CHANGED, resource_updated
from vtmcp.serve import Limits
from vtmcp.server import Server

ANYTHING: Json = {"type": "object"}
CALM = Limits(room_wait_s=5, ask_timeout_s=5, shutdown_s=0.05)


class Say(Tool):
    """Says its text, at once."""

    name = "say"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        return str(arguments["text"])


class Gate(Tool):
    """Says its name once the gate of that name is open; before that whatever it is told to do."""

    name = "gate"
    input_schema = ANYTHING

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.cancelled: list[str] = []
        self._opened: dict[str, anyio.Event] = {}

    def open(self, name: str) -> None:
        self.gate(name).set()

    def gate(self, name: str) -> anyio.Event:
        return self._opened.setdefault(name, anyio.Event())

    async def call(self, arguments: Json, context: Context) -> str:
        name: str = arguments["name"]
        if arguments.get("tells"):
            await context.progress(1, message=name)
        if arguments.get("releases"):
            await context.release()
        self.entered.append(name)
        try:
            await self.gate(name).wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(name)
            raise
        if arguments.get("tells"):
            await context.progress(2, message=name)
        return name


class Chat(Tool):
    """Tells progress and logs, several times, from several tasks at once if told so."""

    name = "chat"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        name, count = arguments["name"], arguments.get("count", 2)
        if arguments.get("at_once"):
            async with anyio.create_task_group() as tasks:
                for number in range(count):
                    tasks.start_soon(context.log, "info", f"{name} {number}")
        else:
            for number in range(count):
                await context.progress(number + 1, message=name)
                await context.log("info", f"{name} {number}")
        return str(name)


class Ask(Tool):
    """Asks for the client's roots, or its model, and says what it was told."""

    name = "ask"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        if arguments.get("sampling"):
            answer = await context.ask(Sampling([], max_tokens=1))
            return str(answer["model"])
        answer = await context.ask(Roots())
        return ", ".join(root["uri"] for root in answer["roots"])


class Announce(Tool):
    """Tells everyone of a change."""

    name = "announce"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        uri = arguments.get("uri", "")
        await context.publish(resource_updated(uri) if uri else TOOLS_CHANGED)
        return "announced"


def talkative(gate: Gate | None = None, limits: Limits = CALM) -> Server:
    """A server with these tools."""
    tools: list[Tool] = [Say(), gate or Gate(), Chat(), Ask(), Announce()]
    return Server("tested", "1.0", tools=tools, subscribe=True, limits=limits)
