"""An authorization server that answers questions about tokens, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.transports.served import served
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Request, Response

RESOURCE = "https://mcp.example/mcp"


@dataclass
class Issuer:
    """What it knows of tokens, what it was asked, and where it is."""

    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer: Response | None = None
    """In place of the right one."""
    asked: list[Request] = field(default_factory=list)
    url: str = ""

    async def handle(self, exchange: Exchange) -> None:
        self.asked.append(exchange.request)
        await exchange.respond(self.answer or self._known(exchange.request))

    def _known(self, request: Request) -> Response:
        token = parse_qs(request.body.decode())["token"][0]
        known = self.tokens.get(token)
        found = {"active": False} if known is None else {"active": True, "aud": RESOURCE, **known}
        return Response(200, orjson.dumps(found), (("content-type", "application/json"),))


@asynccontextmanager
async def issuer(tls: SSLContext | None = None, **tokens: dict[str, Any]) -> AsyncIterator[Issuer]:
    found = Issuer(tokens)
    async with served(found.handle, tls=tls) as listening:
        port = listening.listening.addresses[0].port
        scheme = "https" if tls else "http"
        found.url = f"{scheme}://localhost:{port}/introspect?realm=a"
        yield found
