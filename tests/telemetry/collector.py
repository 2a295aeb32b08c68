"""What takes OTLP/JSON over HTTP on this machine, for tests; and a database that answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.transports.served import served
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Request, Response

JSON = (("content-type", "application/json"),)


@dataclass
class Site:
    """What it was asked, what it answers, and where it is."""

    body: bytes = b"{}"
    status: int = 200
    asked: list[Request] = field(default_factory=list)
    url: str = ""

    async def handle(self, exchange: Exchange) -> None:
        self.asked.append(exchange.request)
        await exchange.respond(Response(self.status, self.body, JSON))

    @property
    def resources(self) -> list[dict[str, Any]]:
        """All that was exported to it."""
        return [one for sent in self.asked for one in orjson.loads(sent.body)["resourceSpans"]]

    @property
    def spans(self) -> list[dict[str, Any]]:
        return [s for one in self.resources for scope in one["scopeSpans"] for s in scope["spans"]]


@asynccontextmanager
async def site(body: bytes = b"{}", status: int = 200) -> AsyncIterator[Site]:
    found = Site(body, status)
    async with served(found.handle) as listening:
        found.url = f"http://localhost:{listening.listening.addresses[0].port}"
        yield found


def attributes(of: dict[str, Any]) -> dict[str, str]:
    """The attributes of a span or a resource."""
    return {one["key"]: next(iter(one["value"].values())) for one in of["attributes"]}
