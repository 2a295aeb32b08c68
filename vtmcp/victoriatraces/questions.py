"""Questions to one database and their answers: joins requests, client and answers.

Must not be here: rules of HTTP, and text for a reader. Loaded at the first question (`source.py`).
"""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TypeVar

import anyio.to_thread

from vtmcp.traces.model import Dependency, Found, SourceError, TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces import answers, requests
from vtmcp.victoriatraces.client import Client
from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.dialling import OnRefused
from vtmcp.victoriatraces.entrypoint import parse_entrypoint
from vtmcp.victoriatraces.headers import Header, caller_fault, request_headers
from vtmcp.victoriatraces.hidden_patterns import HiddenPatterns
from vtmcp.victoriatraces.kinds import (
    CANCELLED,
    OK,
    REFUSED,
    UNANSWERED,
    OnAnswer,
    OnAsk,
    unfollowed,
    unobserved,
)
from vtmcp.victoriatraces.masking import masked, masked_text, without_credentials
from vtmcp.victoriatraces.requests import Asking, HttpRequest
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

LOOP_BYTES_MAX = 2**20
"""A larger answer takes more than 10 ms to read, so a thread reads it and others go on."""

_Answer = TypeVar("_Answer")
_Who = tuple[tuple[Header, ...], Tenant, tuple[Header, ...]]


class Questions:
    """Asks one VictoriaTraces. Every method raises `SourceError` only; see `VictoriaTraces`."""

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials | None = None,
        on_refused: OnRefused | None = None,
        on_answer: OnAnswer = unobserved,
        on_ask: OnAsk = unfollowed,
    ) -> None:
        """Raises `ValueError` when the entrypoint is not a URL. Connects to nothing yet."""
        self._entrypoint = parse_entrypoint(settings.entrypoint)
        self._credentials = credentials or Credentials(settings)
        self._hidden = HiddenPatterns(settings.hidden_fields)
        self._client = Client(settings, on_refused)
        self._on_answer = on_answer
        self._on_ask = on_ask
        self._last: tuple[_Who, Asking] | None = None

    async def services(self, tenant: Tenant, headers: tuple[Header, ...]) -> list[str]:
        asking = self._asking(tenant, headers)
        return await self._ask(
            "services", lambda: requests.services_request(asking), answers.read_names
        )

    async def operations(
        self, service: str, tenant: Tenant, headers: tuple[Header, ...]
    ) -> list[str]:
        asking = self._asking(tenant, headers)
        return await self._ask(
            "operations", lambda: requests.operations_request(asking, service), answers.read_names
        )

    async def search(self, query: TraceQuery, tenant: Tenant, headers: tuple[Header, ...]) -> Found:
        asking = self._asking(tenant, headers)
        return await self._ask(
            "search",
            lambda: requests.search_request(asking, query),
            partial(answers.read_search, hidden=self._hidden),
        )

    async def trace(self, trace_id: str, tenant: Tenant, headers: tuple[Header, ...]) -> Found:
        asking = self._asking(tenant, headers)
        return await self._ask(
            "trace",
            lambda: requests.trace_request(asking, trace_id),
            partial(answers.read_found_trace, hidden=self._hidden),
        )

    async def dependencies(
        self, *, end_ms: int, lookback_ms: int, tenant: Tenant, headers: tuple[Header, ...]
    ) -> list[Dependency]:
        asking = self._asking(tenant, headers)
        return await self._ask(
            "dependencies",
            lambda: requests.dependencies_request(asking, end_ms=end_ms, lookback_ms=lookback_ms),
            answers.read_dependencies,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    def _asking(self, tenant: Tenant, caller: tuple[Header, ...]) -> Asking:
        """Return what is the same for all questions of this asker; the last one's is kept."""
        try:
            own = self._credentials.headers()
        except ValueError as error:
            raise SourceError(f"the database was not asked: {error}") from None
        who = (own, tenant, caller)
        if self._last is not None and self._last[0] == who:
            return self._last[1]
        fault = caller_fault(caller)
        if fault:
            raise SourceError(f"the database was not asked: MCP_PASSTHROUGH_HEADERS {fault}")
        headers = request_headers(self._entrypoint.authority, tenant, own=own, caller=caller)
        asking = Asking(self._entrypoint.prefix, headers, self._hidden)
        self._last = (who, asking)
        return asking

    async def _ask(
        self, kind: str, build: Callable[[], HttpRequest], read: Callable[[HttpResponse], _Answer]
    ) -> _Answer:
        try:
            request = build()
        except ValueError as error:
            raise SourceError(str(error)) from None
        started_s, outcome = monotonic(), CANCELLED
        response: HttpResponse | None = None
        followed = self._on_ask(kind, request)
        if followed is not None:
            request = followed[0]
        try:
            response = await self._client.send(request)
            answer = await self._understood(request, response, read)
            outcome = OK
        except SourceError:
            outcome = UNANSWERED if response is None else REFUSED
            raise
        finally:
            self._on_answer(kind, monotonic() - started_s, outcome)
            if followed is not None:
                followed[1](outcome, 0 if response is None else response.status)
        return answer

    async def _understood(
        self,
        request: HttpRequest,
        response: HttpResponse,
        read: Callable[[HttpResponse], _Answer],
    ) -> _Answer:
        secrets = (*request.headers, *self._credentials.last)
        try:
            return await _read(lambda found: read(without_credentials(found, secrets)), response)
        except SourceError:
            pass
        # Read again for an error that repeats no secret; there is no other way to be here.
        try:
            return await _read(lambda found: read(masked(found, secrets)), response)
        except SourceError as error:
            raise SourceError(masked_text(str(error), secrets)) from None


async def _read(read: Callable[[HttpResponse], _Answer], response: HttpResponse) -> _Answer:
    if len(response.body) <= LOOP_BYTES_MAX:
        return read(response)
    return await anyio.to_thread.run_sync(read, response, abandon_on_cancel=True)
