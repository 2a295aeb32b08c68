"""The whole product in this process, from variables to its endpoint over HTTP, without sockets."""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import anyio

from tests.clients import KEY
from tests.protocol.playbook import request
from tests.transports.site import StreamableSite, call, stateless, until
from vtmcp.app import build, open_telemetry
from vtmcp.app_callers import open_callers
from vtmcp.app_metrics import AppMetrics
from vtmcp.app_telemetry import Telemetry
from vtmcp.config import Config
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.logs import Log
from vtmcp.protocol.messages import Json
from vtmcp.server import Server
from vtmcp.transports.guards import Guard
from vtmcp.transports.minding import Minder
from vtmcp.transports.streamable import StreamableEndpoint

PATIENCE_S = 30.0
"""A test that takes longer hangs."""


@dataclass
class Product:
    """A server, a way to ask it, and what it said elsewhere."""

    server: Server
    site: StreamableSite
    lines: io.StringIO
    metrics: AppMetrics

    @property
    def tools(self) -> list[TraceTool]:
        return [
            tool for tool in self.server.catalogue.tools.values() if isinstance(tool, TraceTool)
        ]

    async def ask(self, message: Json, token: str = "", **headers: str) -> Json:
        """The one message that answers a stateless request."""
        message, fields = stateless(message)
        if token:
            fields["authorization"] = f"Bearer {token}"
        found: Json = (await self.site.post(message, **fields, **headers)).messages[-1]
        return found

    async def try_header(self, message: Json, name: str, value: str) -> None:
        """Ask with a header that may be refused as a whole."""
        message, fields = stateless(message)
        answer = await self.site.post(message, **fields, **{name: value, "cookie": "c"})
        assert answer.status < 500, answer

    async def site_answer(self, message: Json) -> Any:
        """What a request is answered with, in whichever form; nothing is a fault of HTTP."""
        message, fields = stateless(message)
        sent = {name: value for name, value in fields.items() if _is_header(value)}
        answer = await self.site.post(message, **sent)
        assert answer.status < 500, answer
        return answer.messages

    async def call(self, tool: str, arguments: Json, token: str = "", **headers: str) -> Json:
        """The answer to one call."""
        return await self.ask(call(1, tool, **arguments), token, **headers)

    async def complete(self, prompt: str, name: str, token: str = "", **given: str) -> list[str]:
        """The values that are offered for an argument of a prompt."""
        message = request(
            1,
            "completion/complete",
            ref={"type": "ref/prompt", "name": prompt},
            argument={"name": name, "value": ""},
            context={"arguments": given},
        )
        answer = await self.ask(message, token)
        values: list[str] = answer["result"]["completion"]["values"]
        return values


def text_of(answer: Json) -> str:
    """All that a client reads of an answer, in one text."""
    if "error" in answer:
        return str(answer["error"])
    result = answer["result"]
    return "\n".join(str(block.get("text", block)) for block in result["content"])


@asynccontextmanager
async def product(env: Mapping[str, str], *, log_format: str = "json") -> AsyncIterator[Product]:
    """The product as these variables make it, and `http` with all that is told of it."""
    config = Config.from_env({"MCP_SERVER_MODE": "http", **env})
    lines = io.StringIO()
    log = Log(lines, level="debug", format=log_format)
    metrics = AppMetrics("0")
    opened = open_callers(config, log, metrics.refused)
    telemetry = open_telemetry(config, log)
    server, source = build(config, log, opened.callers, metrics, telemetry)
    minder = Minder(0)
    endpoint = StreamableEndpoint(
        server, guard=Guard(), access=opened.door.access, minder=minder, session_key=KEY
    )
    try:
        with anyio.fail_after(PATIENCE_S):
            async with _beside(telemetry), anyio.create_task_group() as tasks:
                tasks.start_soon(minder.run)
                site = StreamableSite(endpoint, tasks)
                yield Product(server, site, lines, metrics)
                await site.leave()
                await until(lambda: not site.open)
                tasks.cancel_scope.cancel()
    finally:
        await source.aclose()


def _beside(telemetry: Telemetry | None) -> AbstractAsyncContextManager[None]:
    return nullcontext() if telemetry is None else telemetry.running()


def arguments_of(tool: TraceTool, texts: Mapping[str, Any]) -> Json:
    """The arguments without which the tool cannot be called."""
    return {name: texts[name] for name in tool.required}


def _is_header(value: str) -> bool:
    return value.isascii() and value.isprintable()
