"""Questions to the database by the server's own client: one exchange, and how long it took.

Must not be here: what an answer means. Answers are without our secrets from the start, as parts
of them become evidence.
"""

from collections.abc import Callable
from typing import NamedTuple

import anyio

from vtmcp.traces.model import SourceError
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.client import Client
from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.entrypoint import parse_entrypoint
from vtmcp.victoriatraces.headers import request_headers
from vtmcp.victoriatraces.hidden_patterns import HiddenPatterns
from vtmcp.victoriatraces.masking import masked
from vtmcp.victoriatraces.requests import Asking, HttpRequest
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

_TENANT_HEADERS = ("accountid", "projectid")


class Asked(NamedTuple):
    """One answer, when it was asked for by our clock, and how long it took."""

    response: HttpResponse
    sent_ns: int
    took_s: float


class Asker:
    """Asks one database. Every question raises `SourceError` and nothing else."""

    def __init__(self, settings: Settings, tenant: Tenant, now_ns: Callable[[], int]) -> None:
        entrypoint = parse_entrypoint(settings.entrypoint)
        self._authority, self._prefix = entrypoint.authority, entrypoint.prefix
        self._credentials = Credentials(settings)
        self._tenant = tenant
        self._hidden = HiddenPatterns(settings.hidden_fields)
        self._client = Client(settings)
        self._now_ns = now_ns

    def asking(self) -> Asking:
        """What is the same for all questions of the configured tenant."""
        try:
            own = self._credentials.headers()
        except ValueError as error:  # A file that was there at the start has changed since.
            raise SourceError(f"the database was not asked: {error}") from None
        headers = request_headers(self._authority, self._tenant, own=own)
        return Asking(self._prefix, headers, self._hidden)

    async def get(self, path: str) -> Asked:
        """Ask for a path below the entrypoint, as the configured tenant."""
        asking = self.asking()
        return await self.send(HttpRequest("GET", f"{asking.prefix}{path}", asking.headers))

    async def get_of_all(self, path: str) -> Asked:
        """Ask for a path without a tenant, for what is about all of them."""
        asking = self.asking()
        headers = tuple(row for row in asking.headers if row[0].lower() not in _TENANT_HEADERS)
        return await self.send(HttpRequest("GET", f"{asking.prefix}{path}", headers))

    async def send(self, request: HttpRequest) -> Asked:
        """Send any request, made by one of the client's own functions."""
        sent_ns, began_s = self._now_ns(), anyio.current_time()
        response = await self._client.send(request)
        took_s = anyio.current_time() - began_s
        return Asked(masked(response, request.headers), sent_ns, took_s)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
